echo "Hello from a container. This image was $(cat /etc/built)."
echo "Its engine was not there before you asked for it, and will be gone when you are done."
