"""The network of engines: links, firewall, published ports and what the kernel knows about sockets."""
