# (kernels of this topic)
