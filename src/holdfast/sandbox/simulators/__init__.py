"""Small stand-ins for the controllers and the kubelet of a cluster, which talk only through its API."""
