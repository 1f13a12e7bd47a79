"""What has been learned about engines, kernels and clusters, as literals."""
