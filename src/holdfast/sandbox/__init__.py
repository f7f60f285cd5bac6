"""An embedded Kubernetes-compatible API with small simulators of controllers and kubelet."""
