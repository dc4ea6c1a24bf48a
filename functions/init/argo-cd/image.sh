buildah build --build-arg ARGOCD_VERSION=v3.6.1 \
  --tag registry.example.com/argocd-otel-inject:v3.6.1 otel-inject
buildah push registry.example.com/argocd-otel-inject:v3.6.1
