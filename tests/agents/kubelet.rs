//! Runs a pod as a kubelet does: init containers in order, then containers; variables, mounts and probes of ports as
//! the manifest says. Each container is a process in a mount namespace of its own, whose root is this machine's with
//! the image's files on top, and nothing that it writes there stays.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use otel_inject::k8s::quantity;
use otel_inject::value::Value;
use tempfile::TempDir;

use crate::common::kubernetes::expanded;

/// How long a container may take for what normally takes seconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// What the API server and the node would say of a pod. All containers share this machine's loopback.
pub(crate) const POD: [(&str, &str); 7] = [
    ("metadata.name", "app-5d4f8-x7k2p"),
    ("metadata.namespace", "shop"),
    ("metadata.uid", "0f9c1a52-9d3c-4a5e-8e6b-0c7d3b1f2a64"),
    ("spec.nodeName", "node-1"),
    ("spec.serviceAccountName", "default"),
    ("status.podIP", "127.0.0.2"),
    ("status.hostIP", "127.0.0.3"),
];
/// Where each process of a check has a file system of its own in memory.
pub(crate) const MEMORY: &str = "/dev/shm";
/// What a node has, for limits that are not set: CPUs and bytes.
const ALLOCATABLE: [(&str, &str); 2] = [("limits.cpu", "2"), ("limits.memory", "4Gi")];

/// Makes the root, mounts pairs of paths into it (`ro`, `rw`), and runs the rest there.
const ENTER: &str = r#"
set -eu
work=$1
shift
mount -t tmpfs none "$work"
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" "$work/root"
root=$work/root
mount -t tmpfs none "$root/tmp"
for part in dev proc sys; do mount --rbind "/$part" "$root/$part"; done
mount --bind /etc/hosts "$root/etc/hosts"
while [ "$1" != -- ]; do
    if [ -d "$2" ]; then mkdir -p "$root$3"; else mkdir -p "$root$(dirname "$3")"; : >>"$root$3"; fi
    mount --bind "$2" "$root$3"
    if [ "$1" = ro ]; then mount -o remount,bind,ro "$root$3"; fi
    shift 3
done
shift
exec chroot "$root" "$@"
"#;

/// What stands for an image.
#[derive(Debug, Default)]
pub(crate) struct Image {
    /// The start of its name.
    pub(crate) name: String,
    /// Its files and folders by their paths in it.
    pub(crate) files: Vec<(&'static str, PathBuf)>,
    /// What runs if the manifest names no command.
    pub(crate) entrypoint: Vec<String>,
    /// Its own variables.
    pub(crate) env: Vec<(&'static str, String)>,
}

/// A pod of an injected workload.
pub(crate) struct Pod {
    template: Value,
    objects: Vec<Value>,
    images: Vec<Image>,
    /// What runs as long as the pod.
    running: Vec<Container>,
    folder: TempDir,
}

/// A container that runs.
struct Container {
    name: String,
    child: Child,
    output: Option<JoinHandle<String>>,
}

impl Pod {
    /// The pod of a template, among the objects of its namespace.
    pub(crate) fn new(template: &Value, objects: &[Value], images: Vec<Image>) -> Self {
        let folder = TempDir::new_in(MEMORY).expect("a temporary folder");
        let (template, objects) = (template.clone(), objects.to_vec());
        Self { template, objects, images, running: Vec::new(), folder }
    }

    /// Runs the pod until its container `name` has ended: what this printed. The others run as long as the pod.
    ///
    /// A kubelet lets no container wait for another. Here the named one does, so that what arrives does not depend on
    /// who was faster.
    #[track_caller]
    pub(crate) fn run(&mut self, name: &str) -> String {
        let spec = self.template["spec"].clone();
        for container in list(&spec["initContainers"]) {
            if container["restartPolicy"] == "Always" {
                self.keep(container);
            } else {
                self.start(container).succeeds();
            }
        }
        let (named, others): (Vec<&Value>, Vec<&Value>) =
            list(&spec["containers"]).iter().partition(|container| container["name"] == name);
        for container in others {
            self.keep(container);
        }
        self.start(named.first().expect("the container")).succeeds()
    }

    /// Runs a container as long as the pod, once every TCP port that it declares is open.
    #[track_caller]
    pub(crate) fn keep(&mut self, container: &Value) {
        let mut started = self.start(container);
        for port in list(&container["ports"]).iter().filter(|port| port["protocol"] != "UDP") {
            started.listens(port["containerPort"].as_u64().expect("a port"));
        }
        self.running.push(started);
    }

    #[track_caller]
    fn start(&self, container: &Value) -> Container {
        let name = text(&container["name"]).to_owned();
        let image = self.image(text(&container["image"]));
        let env = self.env(container);
        let work = self.folder.path().join(format!("root-{name}"));
        fs::create_dir(&work).expect("a container's name is unique");
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", ENTER, "sh"]).arg(work);
        for (path, source) in &image.files {
            command.arg("ro").arg(source).arg(path);
        }
        for mount in list(&container["volumeMounts"]) {
            for (mode, source, path) in self.mounted(mount) {
                command.arg(mode).arg(source).arg(path);
            }
        }
        command.args(["--", "env", "-i", "-C"]);
        command.arg(container["workingDir"].as_str().unwrap_or("/"));
        command.args(env.iter().map(|(name, value)| format!("{name}={value}")));
        let words = |key: &str| -> Vec<String> {
            list(&container[key]).iter().map(|word| expanded(text(word), &env)).collect()
        };
        let own = words("command");
        command.args(if own.is_empty() { &image.entrypoint } else { &own }).args(words("args"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("unshare runs");
        let pipes: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().expect("a pipe")), Box::new(child.stderr.take().expect("a pipe"))];
        let readers = pipes.map(|mut pipe| {
            thread::spawn(move || {
                let mut bytes = Vec::new();
                let _ = pipe.read_to_end(&mut bytes);
                String::from_utf8_lossy(&bytes).into_owned()
            })
        });
        let output = thread::spawn(|| readers.map(|reader| reader.join().unwrap_or_default()).concat());
        Container { name, child, output: Some(output) }
    }

    #[track_caller]
    fn image(&self, name: &str) -> &Image {
        let image = self.images.iter().find(|image| name.starts_with(&image.name));
        image.unwrap_or_else(|| panic!("nothing stands for the image {name}"))
    }

    /// The variables of a container, in order, on top of its image's.
    #[track_caller]
    fn env(&self, container: &Value) -> BTreeMap<String, String> {
        let image = self.image(text(&container["image"]));
        let mut env: BTreeMap<String, String> =
            image.env.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        env.entry("PATH".to_owned()).or_insert_with(|| std::env::var("PATH").unwrap_or_default());
        env.insert("HOSTNAME".to_owned(), POD[0].1.to_owned());
        // References see the container's own variables alone.
        let mut own = BTreeMap::new();
        for source in list(&container["envFrom"]) {
            let prefix = text(&source["prefix"]);
            for (key, kind) in [("configMapRef", "ConfigMap"), ("secretRef", "Secret")] {
                if let Some(reference) = source[key].as_object() {
                    let data = self.data(kind, text(&reference["name"])).into_iter();
                    own.extend(data.map(|(name, value)| (format!("{prefix}{name}"), value)));
                }
            }
        }
        for entry in list(&container["env"]) {
            let value = match entry.get("valueFrom") {
                Some(source) => self.value_from(source, container),
                None => expanded(text(&entry["value"]), &own),
            };
            own.insert(text(&entry["name"]).to_owned(), value);
        }
        env.extend(own);
        env
    }

    #[track_caller]
    fn value_from(&self, source: &Value, container: &Value) -> String {
        if let Some(path) = source["fieldRef"]["fieldPath"].as_str() {
            return self.field(path);
        }
        if let Some(resource) = source["resourceFieldRef"]["resource"].as_str() {
            let named = source["resourceFieldRef"]["containerName"].as_str();
            let named = named.filter(|name| *name != text(&container["name"]));
            assert_eq!(named, None, "a limit of another container");
            return limit(container, resource);
        }
        for (key, kind) in [("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")] {
            if let Some(reference) = source[key].as_object() {
                let data = self.data(kind, text(&reference["name"]));
                return data.get(text(&reference["key"])).expect("the key").clone();
            }
        }
        panic!("a source that this kubelet does not know: {source}")
    }

    /// What the downward API gives.
    #[track_caller]
    fn field(&self, path: &str) -> String {
        let metadata = &self.template["metadata"];
        for (key, prefix) in [("labels", "metadata.labels['"), ("annotations", "metadata.annotations['")] {
            if let Some(name) = path.strip_prefix(prefix).and_then(|rest| rest.strip_suffix("']")) {
                return text(&metadata[key][name]).to_owned();
            }
        }
        let field = POD.iter().find(|(known, _)| *known == path);
        field.unwrap_or_else(|| panic!("no field {path}")).1.to_owned()
    }

    /// The data of a ConfigMap or Secret. Secrets are given as `stringData` here.
    #[track_caller]
    fn data(&self, kind: &str, name: &str) -> BTreeMap<String, String> {
        let found =
            self.objects.iter().find(|object| object["kind"] == kind && object["metadata"]["name"] == name);
        let found = found.unwrap_or_else(|| panic!("no {kind} {name}"));
        let data = found["data"].as_object().or_else(|| found["stringData"].as_object()).expect("data");
        data.iter().map(|(key, value)| (key.to_string(), text(value).to_owned())).collect()
    }

    /// What a mount brings into its container: modes, sources and paths.
    #[track_caller]
    fn mounted(&self, mount: &Value) -> Vec<(&'static str, PathBuf, PathBuf)> {
        let name = text(&mount["name"]);
        let volumes = list(&self.template["spec"]["volumes"]);
        let volume = volumes.iter().find(|volume| volume["name"] == name);
        let volume = volume.unwrap_or_else(|| panic!("no volume {name}"));
        let (path, sub_path) = (Path::new(text(&mount["mountPath"])), text(&mount["subPath"]));
        let Some(reference) = volume["image"]["reference"].as_str() else {
            let mode = if mount["readOnly"] == true { "ro" } else { "rw" };
            return vec![(mode, self.volume(volume).join(sub_path), path.to_owned())];
        };
        let part = Path::new("/").join(sub_path);
        let files = self.image(reference).files.iter().filter_map(|(file, source)| {
            let inner = Path::new(file).strip_prefix(&part).ok()?;
            let is_all = inner.as_os_str().is_empty();
            Some(("ro", source.clone(), if is_all { path.to_owned() } else { path.join(inner) }))
        });
        let files: Vec<_> = files.collect();
        assert!(!files.is_empty(), "{reference} has no {}", part.display());
        files
    }

    /// The folder that stands for a volume.
    #[track_caller]
    fn volume(&self, volume: &Value) -> PathBuf {
        let folder = self.folder.path().join("volumes").join(text(&volume["name"]));
        if folder.exists() {
            return folder;
        }
        fs::create_dir_all(&folder).expect("a folder");
        let sources = [("secret", "Secret", "secretName"), ("configMap", "ConfigMap", "name")];
        let source = sources.into_iter().find(|(key, ..)| volume.get(key).is_some());
        match source {
            Some((key, kind, name)) => {
                for (file, value) in self.data(kind, text(&volume[key][name])) {
                    fs::write(folder.join(file), value).expect("a file");
                }
            }
            None => assert!(
                volume.get("emptyDir").is_some(),
                "a volume that this kubelet does not know: {volume}"
            ),
        }
        folder
    }
}

impl Container {
    /// Waits until it listens at a port.
    #[track_caller]
    fn listens(&mut self, port: u64) {
        let start = Instant::now();
        let port = u16::try_from(port).expect("a port");
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let has_ended = self.child.try_wait().expect("a status").is_some();
            assert!(!has_ended && start.elapsed() < PATIENCE, "{} does not listen at port {port}", self.name);
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits for the end: what was printed.
    #[track_caller]
    fn succeeds(mut self) -> String {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a status") {
                break Some(status);
            }
            if start.elapsed() > PATIENCE {
                break None;
            }
            thread::sleep(Duration::from_millis(50));
        };
        let name = self.name.clone();
        let output = self.end();
        match status {
            Some(status) => assert!(status.success(), "{name}: {status}\n{output}"),
            None => panic!("{name} does not end\n{output}"),
        }
        output
    }

    fn end(&mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.output.take().and_then(|output| output.join().ok()).unwrap_or_default()
    }
}

impl Drop for Container {
    /// Ends it, and shows what it printed where the test has failed.
    fn drop(&mut self) {
        if self.output.is_some() {
            let output = self.end();
            if thread::panicking() {
                #[expect(clippy::print_stderr, reason = "for people who read of a failure")]
                {
                    eprintln!("{}:\n{output}", self.name);
                }
            }
        }
    }
}

/// A container's limit, or what the node has: whole CPUs and bytes.
#[track_caller]
fn limit(container: &Value, resource: &str) -> String {
    const BILLION: i128 = 1_000_000_000;
    let (_, node) = ALLOCATABLE.iter().find(|(known, _)| *known == resource).expect("a known resource");
    let key = resource.split_once('.').map_or("", |(_, key)| key);
    let own = quantity::text(&container["resources"]["limits"][key]);
    let nanos = quantity::nanos(own.as_deref().unwrap_or(node)).expect("a quantity");
    ((nanos + BILLION - 1) / BILLION).to_string()
}

/// The items of a list; none where there is no list.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_default()
}

/// A text; empty where there is none.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A folder of the tests.
pub(crate) fn own(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agents").join(name)
}
