//! The Kubernetes API types that an Instrumentation or a collector passes on into pods, as of [`RELEASE`].
//!
//! They are taken from the published OpenAPI definitions; `tests/it/api.rs` compares this table with `k8s-openapi`,
//! field by field. A claim's metadata lists only what the API server accepts.

use super::shape::{Shape, field};

/// The release of Kubernetes whose API this is.
pub const RELEASE: &str = "1.34";

/// A container of a pod.
pub(super) const CONTAINER: Shape = Shape::Object(&[
    field("args", Shape::List(&Shape::Text)),
    field("command", Shape::List(&Shape::Text)),
    field("env", Shape::List(&ENV_VAR)),
    field("envFrom", Shape::List(&ENV_FROM_SOURCE)),
    field("image", Shape::Text),
    field("imagePullPolicy", Shape::Text),
    field("lifecycle", LIFECYCLE),
    field("livenessProbe", PROBE),
    field("name", Shape::Filled),
    field("ports", Shape::List(&CONTAINER_PORT)),
    field("readinessProbe", PROBE),
    field("resizePolicy", Shape::List(&CONTAINER_RESIZE_POLICY)),
    field("resources", RESOURCE_REQUIREMENTS),
    field("restartPolicy", Shape::Text),
    field("restartPolicyRules", Shape::List(&CONTAINER_RESTART_RULE)),
    field("securityContext", SECURITY_CONTEXT),
    field("startupProbe", PROBE),
    field("stdin", Shape::Flag),
    field("stdinOnce", Shape::Flag),
    field("terminationMessagePath", Shape::Text),
    field("terminationMessagePolicy", Shape::Text),
    field("tty", Shape::Flag),
    field("volumeDevices", Shape::List(&VOLUME_DEVICE)),
    field("volumeMounts", Shape::List(&VOLUME_MOUNT)),
    field("workingDir", Shape::Text),
]);

/// An entry of `envFrom`.
pub(super) const ENV_FROM_SOURCE: Shape = Shape::Object(&[
    field("configMapRef", CONFIG_MAP_ENV_SOURCE),
    field("prefix", Shape::Text),
    field("secretRef", SECRET_ENV_SOURCE),
]);

/// A variable of a container.
pub(super) const ENV_VAR: Shape = Shape::Object(&[
    field("name", Shape::Filled),
    field("value", Shape::Text),
    field("valueFrom", ENV_VAR_SOURCE),
]);

/// A container's hooks.
pub(super) const LIFECYCLE: Shape = Shape::Object(&[
    field("postStart", LIFECYCLE_HANDLER),
    field("preStop", LIFECYCLE_HANDLER),
    field("stopSignal", Shape::Text),
]);

/// The claim of an ephemeral volume.
pub(super) const PERSISTENT_VOLUME_CLAIM_TEMPLATE: Shape =
    Shape::Object(&[field("metadata", OBJECT_META), field("spec", PERSISTENT_VOLUME_CLAIM_SPEC)]);

/// A container's resources.
pub(super) const RESOURCE_REQUIREMENTS: Shape = Shape::Object(&[
    field("claims", Shape::List(&RESOURCE_CLAIM)),
    field("limits", Shape::QuantityMap),
    field("requests", Shape::QuantityMap),
]);

/// A container's security context.
pub(super) const SECURITY_CONTEXT: Shape = Shape::Object(&[
    field("allowPrivilegeEscalation", Shape::Flag),
    field("appArmorProfile", APP_ARMOR_PROFILE),
    field("capabilities", CAPABILITIES),
    field("privileged", Shape::Flag),
    field("procMount", Shape::Text),
    field("readOnlyRootFilesystem", Shape::Flag),
    field("runAsGroup", Shape::Integer),
    field("runAsNonRoot", Shape::Flag),
    field("runAsUser", Shape::Integer),
    field("seLinuxOptions", SE_LINUX_OPTIONS),
    field("seccompProfile", SECCOMP_PROFILE),
    field("windowsOptions", WINDOWS_SECURITY_CONTEXT_OPTIONS),
]);

/// A volume of a pod.
pub(super) const VOLUME: Shape = Shape::Object(&[
    field("awsElasticBlockStore", AWS_ELASTIC_BLOCK_STORE_VOLUME_SOURCE),
    field("azureDisk", AZURE_DISK_VOLUME_SOURCE),
    field("azureFile", AZURE_FILE_VOLUME_SOURCE),
    field("cephfs", CEPH_FS_VOLUME_SOURCE),
    field("cinder", CINDER_VOLUME_SOURCE),
    field("configMap", CONFIG_MAP_VOLUME_SOURCE),
    field("csi", CSI_VOLUME_SOURCE),
    field("downwardAPI", DOWNWARD_API_VOLUME_SOURCE),
    field("emptyDir", EMPTY_DIR_VOLUME_SOURCE),
    field("ephemeral", EPHEMERAL_VOLUME_SOURCE),
    field("fc", FC_VOLUME_SOURCE),
    field("flexVolume", FLEX_VOLUME_SOURCE),
    field("flocker", FLOCKER_VOLUME_SOURCE),
    field("gcePersistentDisk", GCE_PERSISTENT_DISK_VOLUME_SOURCE),
    field("gitRepo", GIT_REPO_VOLUME_SOURCE),
    field("glusterfs", GLUSTER_FS_VOLUME_SOURCE),
    field("hostPath", HOST_PATH_VOLUME_SOURCE),
    field("image", IMAGE_VOLUME_SOURCE),
    field("iscsi", ISCSI_VOLUME_SOURCE),
    field("name", Shape::Filled),
    field("nfs", NFS_VOLUME_SOURCE),
    field("persistentVolumeClaim", PERSISTENT_VOLUME_CLAIM_VOLUME_SOURCE),
    field("photonPersistentDisk", PHOTON_PERSISTENT_DISK_VOLUME_SOURCE),
    field("portworxVolume", PORTWORX_VOLUME_SOURCE),
    field("projected", PROJECTED_VOLUME_SOURCE),
    field("quobyte", QUOBYTE_VOLUME_SOURCE),
    field("rbd", RBD_VOLUME_SOURCE),
    field("scaleIO", SCALE_IO_VOLUME_SOURCE),
    field("secret", SECRET_VOLUME_SOURCE),
    field("storageos", STORAGE_OS_VOLUME_SOURCE),
    field("vsphereVolume", VSPHERE_VIRTUAL_DISK_VOLUME_SOURCE),
]);

/// A mount of a container.
pub(super) const VOLUME_MOUNT: Shape = Shape::Object(&[
    field("mountPath", Shape::Text),
    field("mountPropagation", Shape::Text),
    field("name", Shape::Filled),
    field("readOnly", Shape::Flag),
    field("recursiveReadOnly", Shape::Text),
    field("subPath", Shape::Text),
    field("subPathExpr", Shape::Text),
]);

const APP_ARMOR_PROFILE: Shape =
    Shape::Object(&[field("localhostProfile", Shape::Text), field("type", Shape::Text)]);

const AWS_ELASTIC_BLOCK_STORE_VOLUME_SOURCE: Shape = Shape::Object(&[
    field("fsType", Shape::Text),
    field("partition", Shape::Int32),
    field("readOnly", Shape::Flag),
    field("volumeID", Shape::Text),
]);

const AZURE_DISK_VOLUME_SOURCE: Shape = Shape::Object(&[
    field("cachingMode", Shape::Text),
    field("diskName", Shape::Text),
    field("diskURI", Shape::Text),
    field("fsType", Shape::Text),
    field("kind", Shape::Text),
    field("readOnly", Shape::Flag),
]);

const AZURE_FILE_VOLUME_SOURCE: Shape = Shape::Object(&[
    field("readOnly", Shape::Flag),
    field("secretName", Shape::Text),
    field("shareName", Shape::Text),
]);

const CAPABILITIES: Shape =
    Shape::Object(&[field("add", Shape::List(&Shape::Text)), field("drop", Shape::List(&Shape::Text))]);

const CEPH_FS_VOLUME_SOURCE: Shape = Shape::Object(&[
    field("monitors", Shape::List(&Shape::Text)),
    field("path", Shape::Text),
    field("readOnly", Shape::Flag),
    field("secretFile", Shape::Text),
    field("secretRef", LOCAL_OBJECT_REFERENCE),
    field("user", Shape::Text),
]);

const CINDER_VOLUME_SOURCE: Shape = Shape::Object(&[
    field("fsType", Shape::Text),
    field("readOnly", Shape::Flag),
    field("secretRef", LOCAL_OBJECT_REFERENCE),
    field("volumeID", Shape::Text),
]);

const CLUSTER_TRUST_BUNDLE_PROJECTION: Shape = Shape::Object(&[
    field("labelSelector", LABEL_SELECTOR),
    field("name", Shape::Text),
    field("optional", Shape::Flag),
    field("path", Shape::Text),
    field("signerName", Shape::Text),
]);

const CONFIG_MAP_ENV_SOURCE: Shape =
    Shape::Object(&[field("name", Shape::Text), field("optional", Shape::Flag)]);

const CONFIG_MAP_KEY_SELECTOR: Shape =
    Shape::Object(&[field("key", Shape::Text), field("name", Shape::Text), field("optional", Shape::Flag)]);

const CONFIG_MAP_PROJECTION: Shape = Shape::Object(&[
    field("items", Shape::List(&KEY_TO_PATH)),
    field("name", Shape::Text),
    field("optional", Shape::Flag),
]);

const CONFIG_MAP_VOLUME_SOURCE: Shape = Shape::Object(&[
    field("defaultMode", Shape::Int32),
    field("items", Shape::List(&KEY_TO_PATH)),
    field("name", Shape::Text),
    field("optional", Shape::Flag),
]);

const CONTAINER_PORT: Shape = Shape::Object(&[
    field("containerPort", Shape::Int32),
    field("hostIP", Shape::Text),
    field("hostPort", Shape::Int32),
    field("name", Shape::Text),
    field("protocol", Shape::Text),
]);

const CONTAINER_RESIZE_POLICY: Shape =
    Shape::Object(&[field("resourceName", Shape::Text), field("restartPolicy", Shape::Text)]);

const CONTAINER_RESTART_RULE: Shape =
    Shape::Object(&[field("action", Shape::Text), field("exitCodes", CONTAINER_RESTART_RULE_ON_EXIT_CODES)]);

const CONTAINER_RESTART_RULE_ON_EXIT_CODES: Shape =
    Shape::Object(&[field("operator", Shape::Text), field("values", Shape::List(&Shape::Int32))]);

const CSI_VOLUME_SOURCE: Shape = Shape::Object(&[
    field("driver", Shape::Text),
    field("fsType", Shape::Text),
    field("nodePublishSecretRef", LOCAL_OBJECT_REFERENCE),
    field("readOnly", Shape::Flag),
    field("volumeAttributes", Shape::TextMap),
]);

const DOWNWARD_API_PROJECTION: Shape =
    Shape::Object(&[field("items", Shape::List(&DOWNWARD_API_VOLUME_FILE))]);

const DOWNWARD_API_VOLUME_FILE: Shape = Shape::Object(&[
    field("fieldRef", OBJECT_FIELD_SELECTOR),
    field("mode", Shape::Int32),
    field("path", Shape::Text),
    field("resourceFieldRef", RESOURCE_FIELD_SELECTOR),
]);

const DOWNWARD_API_VOLUME_SOURCE: Shape = Shape::Object(&[
    field("defaultMode", Shape::Int32),
    field("items", Shape::List(&DOWNWARD_API_VOLUME_FILE)),
]);

const EMPTY_DIR_VOLUME_SOURCE: Shape =
    Shape::Object(&[field("medium", Shape::Text), field("sizeLimit", Shape::Quantity)]);

const ENV_VAR_SOURCE: Shape = Shape::Object(&[
    field("configMapKeyRef", CONFIG_MAP_KEY_SELECTOR),
    field("fieldRef", OBJECT_FIELD_SELECTOR),
    field("fileKeyRef", FILE_KEY_SELECTOR),
    field("resourceFieldRef", RESOURCE_FIELD_SELECTOR),
    field("secretKeyRef", SECRET_KEY_SELECTOR),
]);

const EPHEMERAL_VOLUME_SOURCE: Shape =
    Shape::Object(&[field("volumeClaimTemplate", PERSISTENT_VOLUME_CLAIM_TEMPLATE)]);

const EXEC_ACTION: Shape = Shape::Object(&[field("command", Shape::List(&Shape::Text))]);

const FC_VOLUME_SOURCE: Shape = Shape::Object(&[
    field("fsType", Shape::Text),
    field("lun", Shape::Int32),
    field("readOnly", Shape::Flag),
    field("targetWWNs", Shape::List(&Shape::Text)),
    field("wwids", Shape::List(&Shape::Text)),
]);

const FILE_KEY_SELECTOR: Shape = Shape::Object(&[
    field("key", Shape::Text),
    field("optional", Shape::Flag),
    field("path", Shape::Text),
    field("volumeName", Shape::Text),
]);

const FLEX_VOLUME_SOURCE: Shape = Shape::Object(&[
    field("driver", Shape::Text),
    field("fsType", Shape::Text),
    field("options", Shape::TextMap),
    field("readOnly", Shape::Flag),
    field("secretRef", LOCAL_OBJECT_REFERENCE),
]);

const FLOCKER_VOLUME_SOURCE: Shape =
    Shape::Object(&[field("datasetName", Shape::Text), field("datasetUUID", Shape::Text)]);

const GCE_PERSISTENT_DISK_VOLUME_SOURCE: Shape = Shape::Object(&[
    field("fsType", Shape::Text),
    field("partition", Shape::Int32),
    field("pdName", Shape::Text),
    field("readOnly", Shape::Flag),
]);

const GIT_REPO_VOLUME_SOURCE: Shape = Shape::Object(&[
    field("directory", Shape::Text),
    field("repository", Shape::Text),
    field("revision", Shape::Text),
]);

const GLUSTER_FS_VOLUME_SOURCE: Shape = Shape::Object(&[
    field("endpoints", Shape::Text),
    field("path", Shape::Text),
    field("readOnly", Shape::Flag),
]);

const GRPC_ACTION: Shape = Shape::Object(&[field("port", Shape::Int32), field("service", Shape::Text)]);

const HOST_PATH_VOLUME_SOURCE: Shape =
    Shape::Object(&[field("path", Shape::Text), field("type", Shape::Text)]);

const HTTP_GET_ACTION: Shape = Shape::Object(&[
    field("host", Shape::Text),
    field("httpHeaders", Shape::List(&HTTP_HEADER)),
    field("path", Shape::Text),
    field("port", Shape::Int32OrText),
    field("scheme", Shape::Text),
]);

const HTTP_HEADER: Shape = Shape::Object(&[field("name", Shape::Text), field("value", Shape::Text)]);

const IMAGE_VOLUME_SOURCE: Shape =
    Shape::Object(&[field("pullPolicy", Shape::Text), field("reference", Shape::Text)]);

const ISCSI_VOLUME_SOURCE: Shape = Shape::Object(&[
    field("chapAuthDiscovery", Shape::Flag),
    field("chapAuthSession", Shape::Flag),
    field("fsType", Shape::Text),
    field("initiatorName", Shape::Text),
    field("iqn", Shape::Text),
    field("iscsiInterface", Shape::Text),
    field("lun", Shape::Int32),
    field("portals", Shape::List(&Shape::Text)),
    field("readOnly", Shape::Flag),
    field("secretRef", LOCAL_OBJECT_REFERENCE),
    field("targetPortal", Shape::Text),
]);

const KEY_TO_PATH: Shape =
    Shape::Object(&[field("key", Shape::Text), field("mode", Shape::Int32), field("path", Shape::Text)]);

const LABEL_SELECTOR: Shape = Shape::Object(&[
    field("matchExpressions", Shape::List(&LABEL_SELECTOR_REQUIREMENT)),
    field("matchLabels", Shape::TextMap),
]);

const LABEL_SELECTOR_REQUIREMENT: Shape = Shape::Object(&[
    field("key", Shape::Text),
    field("operator", Shape::Text),
    field("values", Shape::List(&Shape::Text)),
]);

const LIFECYCLE_HANDLER: Shape = Shape::Object(&[
    field("exec", EXEC_ACTION),
    field("httpGet", HTTP_GET_ACTION),
    field("sleep", SLEEP_ACTION),
    field("tcpSocket", TCP_SOCKET_ACTION),
]);

const LOCAL_OBJECT_REFERENCE: Shape = Shape::Object(&[field("name", Shape::Text)]);

const NFS_VOLUME_SOURCE: Shape = Shape::Object(&[
    field("path", Shape::Text),
    field("readOnly", Shape::Flag),
    field("server", Shape::Text),
]);

const OBJECT_FIELD_SELECTOR: Shape =
    Shape::Object(&[field("apiVersion", Shape::Text), field("fieldPath", Shape::Text)]);

const OBJECT_META: Shape =
    Shape::Object(&[field("annotations", Shape::TextMap), field("labels", Shape::TextMap)]);

const PERSISTENT_VOLUME_CLAIM_SPEC: Shape = Shape::Object(&[
    field("accessModes", Shape::List(&Shape::Text)),
    field("dataSource", TYPED_LOCAL_OBJECT_REFERENCE),
    field("dataSourceRef", TYPED_OBJECT_REFERENCE),
    field("resources", VOLUME_RESOURCE_REQUIREMENTS),
    field("selector", LABEL_SELECTOR),
    field("storageClassName", Shape::Text),
    field("volumeAttributesClassName", Shape::Text),
    field("volumeMode", Shape::Text),
    field("volumeName", Shape::Text),
]);

const PERSISTENT_VOLUME_CLAIM_VOLUME_SOURCE: Shape =
    Shape::Object(&[field("claimName", Shape::Text), field("readOnly", Shape::Flag)]);

const PHOTON_PERSISTENT_DISK_VOLUME_SOURCE: Shape =
    Shape::Object(&[field("fsType", Shape::Text), field("pdID", Shape::Text)]);

const POD_CERTIFICATE_PROJECTION: Shape = Shape::Object(&[
    field("certificateChainPath", Shape::Text),
    field("credentialBundlePath", Shape::Text),
    field("keyPath", Shape::Text),
    field("keyType", Shape::Text),
    field("maxExpirationSeconds", Shape::Int32),
    field("signerName", Shape::Text),
]);

const PORTWORX_VOLUME_SOURCE: Shape = Shape::Object(&[
    field("fsType", Shape::Text),
    field("readOnly", Shape::Flag),
    field("volumeID", Shape::Text),
]);

const PROBE: Shape = Shape::Object(&[
    field("exec", EXEC_ACTION),
    field("failureThreshold", Shape::Int32),
    field("grpc", GRPC_ACTION),
    field("httpGet", HTTP_GET_ACTION),
    field("initialDelaySeconds", Shape::Int32),
    field("periodSeconds", Shape::Int32),
    field("successThreshold", Shape::Int32),
    field("tcpSocket", TCP_SOCKET_ACTION),
    field("terminationGracePeriodSeconds", Shape::Integer),
    field("timeoutSeconds", Shape::Int32),
]);

const PROJECTED_VOLUME_SOURCE: Shape =
    Shape::Object(&[field("defaultMode", Shape::Int32), field("sources", Shape::List(&VOLUME_PROJECTION))]);

const QUOBYTE_VOLUME_SOURCE: Shape = Shape::Object(&[
    field("group", Shape::Text),
    field("readOnly", Shape::Flag),
    field("registry", Shape::Text),
    field("tenant", Shape::Text),
    field("user", Shape::Text),
    field("volume", Shape::Text),
]);

const RBD_VOLUME_SOURCE: Shape = Shape::Object(&[
    field("fsType", Shape::Text),
    field("image", Shape::Text),
    field("keyring", Shape::Text),
    field("monitors", Shape::List(&Shape::Text)),
    field("pool", Shape::Text),
    field("readOnly", Shape::Flag),
    field("secretRef", LOCAL_OBJECT_REFERENCE),
    field("user", Shape::Text),
]);

const RESOURCE_CLAIM: Shape = Shape::Object(&[field("name", Shape::Text), field("request", Shape::Text)]);

const RESOURCE_FIELD_SELECTOR: Shape = Shape::Object(&[
    field("containerName", Shape::Text),
    field("divisor", Shape::Quantity),
    field("resource", Shape::Text),
]);

const SCALE_IO_VOLUME_SOURCE: Shape = Shape::Object(&[
    field("fsType", Shape::Text),
    field("gateway", Shape::Text),
    field("protectionDomain", Shape::Text),
    field("readOnly", Shape::Flag),
    field("secretRef", LOCAL_OBJECT_REFERENCE),
    field("sslEnabled", Shape::Flag),
    field("storageMode", Shape::Text),
    field("storagePool", Shape::Text),
    field("system", Shape::Text),
    field("volumeName", Shape::Text),
]);

const SECCOMP_PROFILE: Shape =
    Shape::Object(&[field("localhostProfile", Shape::Text), field("type", Shape::Text)]);

const SECRET_ENV_SOURCE: Shape = Shape::Object(&[field("name", Shape::Text), field("optional", Shape::Flag)]);

const SECRET_KEY_SELECTOR: Shape =
    Shape::Object(&[field("key", Shape::Text), field("name", Shape::Text), field("optional", Shape::Flag)]);

const SECRET_PROJECTION: Shape = Shape::Object(&[
    field("items", Shape::List(&KEY_TO_PATH)),
    field("name", Shape::Text),
    field("optional", Shape::Flag),
]);

const SECRET_VOLUME_SOURCE: Shape = Shape::Object(&[
    field("defaultMode", Shape::Int32),
    field("items", Shape::List(&KEY_TO_PATH)),
    field("optional", Shape::Flag),
    field("secretName", Shape::Text),
]);

const SERVICE_ACCOUNT_TOKEN_PROJECTION: Shape = Shape::Object(&[
    field("audience", Shape::Text),
    field("expirationSeconds", Shape::Integer),
    field("path", Shape::Text),
]);

const SE_LINUX_OPTIONS: Shape = Shape::Object(&[
    field("level", Shape::Text),
    field("role", Shape::Text),
    field("type", Shape::Text),
    field("user", Shape::Text),
]);

const SLEEP_ACTION: Shape = Shape::Object(&[field("seconds", Shape::Integer)]);

const STORAGE_OS_VOLUME_SOURCE: Shape = Shape::Object(&[
    field("fsType", Shape::Text),
    field("readOnly", Shape::Flag),
    field("secretRef", LOCAL_OBJECT_REFERENCE),
    field("volumeName", Shape::Text),
    field("volumeNamespace", Shape::Text),
]);

const TCP_SOCKET_ACTION: Shape =
    Shape::Object(&[field("host", Shape::Text), field("port", Shape::Int32OrText)]);

const TYPED_LOCAL_OBJECT_REFERENCE: Shape =
    Shape::Object(&[field("apiGroup", Shape::Text), field("kind", Shape::Text), field("name", Shape::Text)]);

const TYPED_OBJECT_REFERENCE: Shape = Shape::Object(&[
    field("apiGroup", Shape::Text),
    field("kind", Shape::Text),
    field("name", Shape::Text),
    field("namespace", Shape::Text),
]);

const VOLUME_DEVICE: Shape = Shape::Object(&[field("devicePath", Shape::Text), field("name", Shape::Text)]);

const VOLUME_PROJECTION: Shape = Shape::Object(&[
    field("clusterTrustBundle", CLUSTER_TRUST_BUNDLE_PROJECTION),
    field("configMap", CONFIG_MAP_PROJECTION),
    field("downwardAPI", DOWNWARD_API_PROJECTION),
    field("podCertificate", POD_CERTIFICATE_PROJECTION),
    field("secret", SECRET_PROJECTION),
    field("serviceAccountToken", SERVICE_ACCOUNT_TOKEN_PROJECTION),
]);

const VOLUME_RESOURCE_REQUIREMENTS: Shape =
    Shape::Object(&[field("limits", Shape::QuantityMap), field("requests", Shape::QuantityMap)]);

const VSPHERE_VIRTUAL_DISK_VOLUME_SOURCE: Shape = Shape::Object(&[
    field("fsType", Shape::Text),
    field("storagePolicyID", Shape::Text),
    field("storagePolicyName", Shape::Text),
    field("volumePath", Shape::Text),
]);

const WINDOWS_SECURITY_CONTEXT_OPTIONS: Shape = Shape::Object(&[
    field("gmsaCredentialSpec", Shape::Text),
    field("gmsaCredentialSpecName", Shape::Text),
    field("hostProcess", Shape::Flag),
    field("runAsUserName", Shape::Text),
]);
