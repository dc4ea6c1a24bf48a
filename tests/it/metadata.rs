//! What is known about images: read within limits, and used by what is planned.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write as _};
use std::path::Path;

use otel_inject::config::Settings;
use otel_inject::finding::{Code, Severity};
use otel_inject::languages;
use otel_inject::metadata::layout::{self, Files};
use otel_inject::metadata::{Guess, Metadata, RUNTIMES, Refusal, read, read_index, read_value};
use otel_inject::value::{Value, json};
use otel_inject::{Role, Source, inject, uninject};
use proptest::prelude::*;
use serde::Deserialize;

use crate::common::binary::{INSTRUMENTATION, World};
use crate::common::{done, testdata};

/// A real base image: what its Dockerfile sets, and what that shows.
#[derive(Debug, Deserialize)]
struct Base {
    reference: String,
    language: Option<String>,
    perhaps: Option<String>,
    libc: Option<String>,
    config: Value,
}

fn bases() -> Vec<Base> {
    let text = fs::read_to_string(testdata("images/table.json")).expect("a table");
    serde_json::from_str(&text).expect("rows")
}

/// What is known from configs by reference.
fn known(images: &[(&str, Value)]) -> Metadata {
    let mut metadata = Metadata::default();
    for (reference, config) in images {
        for named in read_value(config).expect("a config") {
            metadata.add(reference, named.image).expect("no conflict");
        }
    }
    metadata
}

/// A config as `crane config` prints it.
fn config(config: Value) -> Value {
    json!({"os": "linux", "architecture": "amd64", "config": config})
}

fn settings(images: &[(&str, Value)]) -> Settings {
    Settings { metadata: known(images), ..Settings::default() }
}

/// A workload with this annotation and these fields of its container and its pod.
fn workload(annotations: &str, container: &str, pod: &str) -> String {
    format!(
        "{INSTRUMENTATION}---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    metadata:\n      \
         annotations: {{{annotations}}}\n    spec:\n      {pod}\n      containers:\n        - name: app\n          image: shop:1\n          \
         {container}\n"
    )
}

const PREFIX: &str = "instrumentation.opentelemetry.io";

fn asks(language: &str) -> String {
    format!("{PREFIX}/inject-{language}: 'true'")
}

fn codes(text: &str, settings: &Settings) -> Vec<Code> {
    let sources = [Source { file: None, text: text.as_bytes(), role: Role::Stream }];
    inject(&sources, settings).findings.into_iter().map(|finding| finding.code).collect()
}

#[test]
fn base_images_show_their_language_or_none() {
    let bases = bases();
    assert!(bases.len() >= 40, "{}", bases.len());
    for Base { reference, language, perhaps, libc, config } in &bases {
        let metadata = known(&[(reference, config.clone())]);
        let facts = metadata.of(reference).expect("facts");
        let shown = facts.shown(&[], &[]);
        let expected = match (language, perhaps) {
            (Some(language), None) => Guess::Language(languages::find(language).expect("a language").id),
            (None, Some(perhaps)) => Guess::Perhaps(languages::find(perhaps).expect("a language").id),
            _ => Guess::Unknown,
        };
        assert_eq!(shown.guess, expected, "{reference}: {:?}", shown.evidence);
        assert!(!shown.evidence.is_empty() || expected == Guess::Unknown, "{reference}");
        assert_eq!(facts.libc().map(|libc| libc.to_string()), *libc, "{reference}");
    }
    let shown: BTreeSet<&str> = bases.iter().filter_map(|base| base.language.as_deref()).collect();
    let known: BTreeSet<&str> = RUNTIMES.iter().filter_map(|runtime| runtime.language).collect();
    assert_eq!(shown, known);
}

#[test]
fn what_a_container_starts_decides_before_variables() {
    let metadata =
        known(&[("shop:1", config(json!({"Env": ["JAVA_HOME=/opt/java"], "Cmd": ["/start.sh"]})))]);
    let facts = metadata.of("shop:1").expect("facts");
    let cases: &[(&[&str], &[&str], Guess)] = &[
        (&[], &[], Guess::Language("java")),
        (&["python3", "job.py"], &[], Guess::Language("python")),
        (&[], &["node", "server.js"], Guess::Language("nodejs")),
        (&["php", "-S"], &[], Guess::Unknown),
        (&["sh", "-c", "exec java -jar app.jar"], &[], Guess::Language("java")),
    ];
    for (command, args, expected) in cases {
        assert_eq!(facts.shown(command, args).guess, *expected, "{command:?} {args:?}");
    }
}

#[test]
fn every_tool_prints_the_same_image() {
    let crane = config(json!({"User": "1000", "Env": ["A=b=c", "EMPTY="], "Cmd": ["node"]}));
    let docker = json!([{
        "Id": "sha256:0", "RepoTags": ["shop:1", "<none>:<none>"],
        "RepoDigests": [format!("ghcr.io/acme/shop@sha256:{}", "0".repeat(64))],
        "Os": "linux", "Architecture": "amd64", "Variant": "",
        "Config": {"User": "1000", "Env": ["A=b=c", "EMPTY="], "Cmd": ["node"], "Entrypoint": null, "Labels": null},
    }]);
    let of_crane = read_value(&crane).expect("a config");
    let of_docker = read(docker.to_string().as_bytes()).expect("a list");
    assert_eq!(of_crane[0].image, of_docker[0].image);
    assert!(of_crane[0].references.is_empty());
    assert_eq!(of_docker[0].references.len(), 2);
}

#[test]
fn hostile_metadata_is_refused() {
    let image = |config: Value| json!({"os": "linux", "architecture": "amd64", "config": config});
    let many: Vec<String> = (0..5000).map(|index| format!("A{index}=1")).collect();
    let labels: BTreeMap<String, String> =
        (0..5000).map(|index| (format!("a{index}"), String::new())).collect();
    let cases = [
        json!(null),
        json!(3),
        json!([]),
        json!([1]),
        json!([[]]),
        json!({}),
        json!({"os": "linux"}),
        json!({"os": 1, "architecture": "amd64"}),
        json!({"os": "linux", "architecture": "amd64", "config": []}),
        json!({"os": "linux", "architecture": "amd64", "history": {}}),
        json!({"os": "linux", "architecture": "amd64", "history": [1]}),
        json!({"schemaVersion": 2, "config": {}, "layers": []}),
        json!({"schemaVersion": 2, "manifests": []}),
        json!({"Name": "nginx", "RepoTags": ["1"], "Env": [], "Architecture": "amd64", "Os": "linux"}),
        json!([{"Id": "sha256:0", "State": {}}]),
        image(json!({"Env": {}})),
        image(json!({"Env": ["A=1", 2]})),
        image(json!({"Env": ["=1"]})),
        image(json!({"Env": ["A=\u{0}"]})),
        image(json!({"Env": many})),
        image(json!({"Env": [format!("A={}", "x".repeat(200_000))]})),
        image(json!({"Labels": []})),
        image(json!({"Labels": {"a": 1}})),
        image(json!({"Labels": labels})),
        image(json!({"Entrypoint": "node"})),
        image(json!({"User": 1000})),
    ];
    for case in cases {
        let refused = read_value(&case);
        assert!(refused.is_err(), "{}", case.to_string().chars().take(200).collect::<String>());
    }
    for text in ["", "{", "[".repeat(100_000).as_str(), "\u{feff}{}"] {
        assert!(read(text.as_bytes()).is_err(), "{}", text.len());
    }
    let cases = [
        json!([]),
        json!({"not an image": "a.json"}),
        json!({"a:1": "../secret.json"}),
        json!({"a:1": "/etc/passwd"}),
        json!({"a:1": ""}),
        json!({"a:1": 1}),
        json!({"a:1": null}),
    ];
    for case in cases {
        assert!(read_index(case.to_string().as_bytes()).is_err(), "{case}");
    }
    assert!(read_index(br#"{"a:1": "sub/a.json", "b:1": {}}"#).is_ok_and(|entries| entries.len() == 2));
}

/// The files of a layout in memory.
#[derive(Debug, Default)]
struct Memory(BTreeMap<String, Vec<u8>>);

impl Files for Memory {
    fn read(&self, path: &str, most: u64) -> Result<Option<Vec<u8>>, Refusal> {
        match self.0.get(path) {
            Some(bytes) if bytes.len() as u64 > most => Err(Refusal("too large".to_owned())),
            bytes => Ok(bytes.cloned()),
        }
    }

    fn open(&self, path: &str) -> Result<Option<Box<dyn Read>>, Refusal> {
        let bytes = self.0.get(path).cloned();
        Ok(bytes.map(|bytes| Box::new(std::io::Cursor::new(bytes)) as Box<dyn Read>))
    }
}

impl Memory {
    /// Adds a blob and returns its descriptor. The number stands for its content.
    fn blob(&mut self, number: u64, kind: &str, bytes: Vec<u8>) -> Value {
        let hash = format!("{number:064x}");
        self.0.insert(format!("blobs/sha256/{hash}"), bytes);
        json!({"mediaType": kind, "digest": format!("sha256:{hash}"), "size": 1})
    }

    fn json(&mut self, number: u64, kind: &str, value: &Value) -> Value {
        self.blob(number, kind, value.to_string().into_bytes())
    }

    /// An index.json with one image.
    fn index(&mut self, mut descriptor: Value, name: &str) {
        descriptor["annotations"] = json!({"org.opencontainers.image.ref.name": name});
        self.0.insert("index.json".to_owned(), json!({"manifests": [descriptor]}).to_string().into_bytes());
    }

    /// A manifest of an image with these layers.
    fn image(&mut self, number: u64, architecture: &str, layers: &[Value]) -> Value {
        let config = json!({"os": "linux", "architecture": architecture, "config": {"Cmd": ["python3"]}});
        let config = self.json(number + 1, "application/vnd.oci.image.config.v1+json", &config);
        let manifest = json!({"schemaVersion": 2, "config": config, "layers": layers});
        let mut descriptor = self.json(number, "application/vnd.oci.image.manifest.v1+json", &manifest);
        descriptor["platform"] = json!({"os": "linux", "architecture": architecture});
        descriptor
    }
}

/// A tar archive with empty files.
fn archive(names: &[&str]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for name in names {
        let mut header = tar::Header::new_gnu();
        header.set_size(0);
        archive.append_data(&mut header, name, std::io::empty()).expect("memory");
    }
    archive.into_inner().expect("memory")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

#[test]
fn a_layout_has_platforms_and_layers() {
    let musl = archive(&["etc/os-release", "lib/ld-musl-x86_64.so.1"]);
    // Several frames, and one to skip.
    let frames =
        [zstd(&musl[..700]), vec![0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9], zstd(&musl[700..])].concat();
    let packed = [("", musl.clone()), ("+gzip", gzip(&musl)), ("+zstd", zstd(&musl)), ("+zstd", frames)];
    for (ending, bytes) in packed {
        let mut files = Memory::default();
        let layers = [
            files.blob(10, LAYER, archive(&["etc/passwd"])),
            files.blob(11, &format!("{LAYER}{ending}"), bytes),
            files.blob(12, LAYER, archive(&["lib64/ld-linux-x86-64.so.2"])),
        ];
        let inner = [files.image(20, "amd64", &layers), files.image(30, "arm64", &layers[2..])];
        let index = files.json(40, INDEX, &json!({"manifests": inner}));
        files.index(index, "ghcr.io/acme/shop:1");
        let found = layout::read(&files).expect("a layout");
        assert_eq!((found.len(), found[0].images.len(), found[0].references.len()), (1, 2, 2));
        let all = found[0].all.as_ref().expect("every architecture");
        assert_eq!(all.iter().map(String::as_str).collect::<Vec<_>>(), ["amd64", "arm64"]);
        let mut metadata = Metadata::default();
        metadata.add("shop:1", found[0].images[0].clone()).expect("no conflict");
        metadata.add("shop:2", found[0].images[1].clone()).expect("no conflict");
        let libc = |name: &str| metadata.of(name).and_then(|facts| facts.libc()).map(|libc| libc.to_string());
        assert_eq!(
            (libc("shop:1").as_deref(), libc("shop:2").as_deref()),
            (Some("musl"), Some("glibc")),
            "{ending}"
        );
    }
}

#[test]
fn hostile_layouts_are_refused() {
    let refused = |files: &Memory, word: &str| {
        let Refusal(reason) = layout::read(files).expect_err(word);
        assert!(reason.contains(word), "{word}: {reason}");
    };
    refused(&Memory::default(), "index.json");
    // An index that contains itself.
    let mut files = Memory::default();
    let own = json!({"mediaType": INDEX, "digest": format!("sha256:{:064x}", 1)});
    let index = files.json(1, INDEX, &json!({"manifests": [own]}));
    files.index(index, "shop:1");
    refused(&files, "contains itself");
    // Deep nesting.
    let mut files = Memory::default();
    let mut inner = files.image(1, "amd64", &[]);
    for number in 10..20 {
        inner = files.json(number, INDEX, &json!({"manifests": [inner]}));
    }
    files.index(inner, "shop:1");
    refused(&files, "nested");
    // Few blobs that lead to many.
    let mut files = Memory::default();
    let mut inner = files.image(1, "amd64", &[]);
    for number in 10..13 {
        inner = files.json(number, INDEX, &json!({"manifests": vec![inner; 1000]}));
    }
    files.index(inner, "shop:1");
    refused(&files, "more than 10000");
    // A path as a digest, and other types.
    for digest in [json!("sha256:../../etc/passwd"), json!(7), json!(null)] {
        let mut files = Memory::default();
        files.index(json!({"digest": digest}), "shop:1");
        refused(&files, "digest");
    }
    let mut files = Memory::default();
    files.index(json!({"digest": format!("sha256:{:064x}", 1)}), "1.4");
    refused(&files, "annotation");
    // A large manifest.
    let mut files = Memory::default();
    let large = files.blob(1, INDEX, vec![b' '; (layout::LARGEST + 1) as usize]);
    files.index(large, "shop:1");
    refused(&files, "too large");
    // Layers that are no archives.
    for (ending, bytes) in [("", vec![7; 5000]), ("+gzip", vec![7; 5000]), ("+zstd", vec![7; 5000])] {
        let mut files = Memory::default();
        let layer = files.blob(9, &format!("{LAYER}{ending}"), bytes);
        let image = files.image(1, "amd64", &[layer]);
        files.index(image, "shop:1");
        refused(&files, "a layer cannot be read");
    }
}

#[test]
fn a_variable_of_the_image_is_extended_and_stays_so() {
    let images =
        |value: &str| settings(&[("shop:1", config(json!({"Env": [format!("NODE_OPTIONS={value}")]})))]);
    let text = workload(&asks("nodejs"), "", "terminationGracePeriodSeconds: 5");
    let settings = images("--title=$(X)$$ --max-old-space-size=512");
    let run = |text: &str, settings: &Settings| done(inject, text, Role::Stream, "", settings);
    let (injected, findings) = run(&text, &settings);
    assert!(findings.iter().any(|finding| finding.code == Code::ImageEnv), "{findings:?}");
    assert!(
        injected.contains("--title=$$(X)$$$$ --max-old-space-size=512 --require /otel-auto"),
        "{injected}"
    );
    let (again, _) = run(&injected, &settings);
    assert_eq!(again, injected);
    let (original, _) = done(uninject, &injected, Role::Stream, "", &settings);
    assert_eq!(original, text);
    // Another image.
    let (refreshed, findings) = run(&injected, &images("--max-old-space-size=64"));
    assert!(refreshed.contains("value: \"--max-old-space-size=64 --require /otel-auto"), "{refreshed}");
    assert!(findings.iter().any(|finding| finding.code == Code::Updated));
    assert_eq!(refreshed, run(&text, &images("--max-old-space-size=64")).0);
    // The user's own value wins, and an empty one is none.
    let own = workload(&asks("nodejs"), "env: [{name: NODE_OPTIONS, value: --own}]", "restartPolicy: Always");
    let (injected, findings) = run(&own, &settings);
    assert!(injected.contains("--own --require") && !injected.contains("max-old-space"), "{injected}");
    assert!(!findings.iter().any(|finding| finding.code == Code::ImageEnv));
    assert!(!codes(&text, &images("")).contains(&Code::ImageEnv));
    assert!(!codes(&text, &Settings::default()).contains(&Code::ImageEnv));
}

#[test]
fn a_config_map_hides_what_the_image_sets() {
    let map = "\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: own}\n\
               data: {NODE_OPTIONS: --small, OTEL_RESOURCE_ATTRIBUTES: team=a}\n";
    let env = json!({"Env": ["NODE_OPTIONS=--large", "OTEL_RESOURCE_ATTRIBUTES=team=b,tier=web"]});
    let settings = settings(&[("shop:1", config(env))]);
    let text = workload(&asks("nodejs"), "envFrom: [{configMapRef: {name: own}}]", "restartPolicy: Always");
    let (injected, findings) = done(inject, &format!("{text}{map}"), Role::Stream, "", &settings);
    assert!(injected.contains("$(NODE_OPTIONS) --require"), "{injected}");
    assert!(injected.contains("$(OTEL_RESOURCE_ATTRIBUTES),k8s."), "{injected}");
    assert!(!injected.contains("--large") && !injected.contains("tier=web"), "{injected}");
    assert!(!findings.iter().any(|finding| finding.code == Code::ImageEnv), "{findings:?}");
    // The input does not have the ConfigMap: what is known is the image.
    let (injected, findings) = done(inject, &text, Role::Stream, "", &settings);
    assert!(injected.contains("--large --require"), "{injected}");
    assert!(findings.iter().any(|finding| finding.code == Code::ImageEnv), "{findings:?}");
}

#[test]
fn resource_attributes_of_the_image_are_kept() {
    let env = json!({"Env": ["OTEL_RESOURCE_ATTRIBUTES=team=shop,service.version=7"]});
    let settings = settings(&[("shop:1", config(env))]);
    let text = workload(&asks("java"), "", "restartPolicy: Always");
    let (injected, findings) = done(inject, &text, Role::Stream, "", &settings);
    assert!(injected.contains("value: \"team=shop,service.version=7,k8s.container.name=app"), "{injected}");
    assert_eq!(injected.matches("service.version").count(), 1, "{injected}");
    assert!(
        findings
            .iter()
            .any(|finding| finding.code == Code::ImageEnv && finding.message.contains("ATTRIBUTES"))
    );
}

#[test]
fn the_agent_is_for_the_library_of_the_image() {
    let musl = || json!({"os": "linux", "architecture": "amd64", "history": [{"created_by": "ADD alpine-minirootfs-3.20.3-x86_64.tar.gz / # buildkit"}]});
    let glibc = || json!({"os": "linux", "architecture": "amd64", "history": [{"created_by": "RUN /bin/sh -c apt-get update"}]});
    for (language, option, of_musl, of_glibc, path) in [
        ("python", "otel-python-platform", "musl", "glibc", "/autoinstrumentation-musl/."),
        ("dotnet", "otel-dotnet-auto-runtime", "linux-musl-x64", "linux-x64", "/linux-musl/"),
    ] {
        let bare = workload(&asks(language), "", "restartPolicy: Always");
        let with = |word: &str| {
            workload(&format!("{}, {PREFIX}/{option}: {word}", asks(language)), "", "restartPolicy: Always")
        };
        let (injected, findings) = done(inject, &bare, Role::Stream, "", &settings(&[("shop:1", musl())]));
        assert!(injected.contains(path), "{injected}");
        let info = findings.iter().find(|finding| finding.code == Code::LibcFromImage).expect("an info");
        assert_eq!(info.severity, Severity::Info);
        assert!(info.message.contains(option) && info.message.contains(of_musl), "{}", info.message);
        let cases = [
            (with(of_glibc), musl(), true),
            (with(of_musl), glibc(), true),
            (with(of_musl), musl(), false),
            (with(of_glibc), glibc(), false),
            (bare.clone(), glibc(), false),
            (with(of_musl), config(json!({})), false),
            (bare.clone(), config(json!({})), false),
        ];
        for (text, image, is_wrong) in cases {
            let found = codes(&text, &settings(&[("shop:1", image.clone())]));
            assert_eq!(found.contains(&Code::LibcMismatch), is_wrong, "{text} {image}");
            assert!(!found.contains(&Code::LibcFromImage), "{text} {image}");
        }
    }
    // A language without such an option.
    let text = workload(&asks("java"), "", "restartPolicy: Always");
    assert!(!codes(&text, &settings(&[("shop:1", musl())])).contains(&Code::LibcFromImage));
    // One agent for two libraries.
    let two = workload(
        &format!("{}, {PREFIX}/container-names: 'app,other'", asks("python")),
        "",
        "restartPolicy: Always",
    ) + "        - name: other\n          image: other:1\n";
    let found = codes(&two, &settings(&[("shop:1", musl()), ("other:1", glibc())]));
    assert!(found.contains(&Code::LibcMismatch), "{found:?}");
}

#[test]
fn an_agent_without_the_architecture_is_reported() {
    let arm = || json!({"os": "linux", "architecture": "arm64"});
    let pod = |selector: &str| workload(&asks("nginx"), "", selector);
    let affinity = |value: &str| {
        format!(
            "affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: [{{matchExpressions: [{{key: kubernetes.io/arch, operator: In, values: {value}}}]}}]}}}}}}"
        )
    };
    let any = "restartPolicy: Always";
    let cases = [
        (pod("nodeSelector: {kubernetes.io/arch: arm64}"), None, true),
        (pod("nodeSelector: {kubernetes.io/arch: amd64}"), Some(arm()), false),
        (pod(&affinity("[arm64]")), None, true),
        (pod(&affinity("[arm64, amd64]")), None, false),
        (pod(any), Some(arm()), true),
        (pod(any), Some(config(json!({}))), false),
        (pod(any), None, false),
        (workload(&asks("java"), "", "nodeSelector: {kubernetes.io/arch: arm64}"), Some(arm()), false),
    ];
    for (text, image, is_wrong) in cases {
        let images: Vec<(&str, Value)> = image.into_iter().map(|image| ("shop:1", image)).collect();
        let found = codes(&text, &settings(&images));
        assert_eq!(found.contains(&Code::ArchMismatch), is_wrong, "{text}: {found:?}");
    }
}

#[test]
fn another_language_than_the_images_is_reported() {
    let node = || config(json!({"Env": ["NODE_VERSION=22.9.0"], "Cmd": ["node"]}));
    let both =
        || config(json!({"Env": ["NODE_VERSION=22.9.0", "PYTHON_VERSION=3.12"], "Cmd": ["/start.sh"]}));
    let cases = [
        ("java", "", node(), true),
        ("nodejs", "", node(), false),
        ("sdk", "", node(), false),
        ("java", "command: [java, -jar, app.jar]", node(), false),
        ("java", "", both(), false),
        ("java", "", config(json!({})), false),
    ];
    for (language, container, image, is_wrong) in cases {
        let text = workload(&asks(language), container, "restartPolicy: Always");
        let found = codes(&text, &settings(&[("shop:1", image)]));
        assert_eq!(found.contains(&Code::LanguageMismatch), is_wrong, "{language} {container}: {found:?}");
    }
}

#[test]
fn the_user_of_an_image_decides_where_the_manifest_does_not() {
    let text = workload(&asks("java"), "", "securityContext: {runAsNonRoot: true}");
    let agent = {
        let java = languages::find("java").expect("a language");
        let image = java.settings.as_ref().expect("settings").image;
        format!("{}:{}", image.repository, image.tag)
    };
    let found = |user: &str| codes(&text, &settings(&[(&agent, config(json!({"User": user})))]));
    for (user, is_root) in [("", true), ("0", true), ("root", true), ("1000", false), ("nobody", true)] {
        assert_eq!(found(user).contains(&Code::RunsAsRoot), is_root, "{user}");
    }
}

/// A folder with a workload and the metadata of its image.
fn world() -> World {
    let world = World::new();
    let node = config(json!({"Env": ["NODE_VERSION=22.9.0"], "Cmd": ["node"]}));
    let go = json!({"os": "linux", "architecture": "amd64", "config": {"Entrypoint": ["/shop"]}, "history": [{"created_by": "COPY shop /shop # buildkit"}]});
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  template:\n    spec:\n      containers:\n      \
                - {name: app, image: 'ghcr.io/acme/web:1'}\n      - {name: helper, image: 'acme/helper:2'}\n      - {name: other, image: 'other:3'}\n";
    let source = INSTRUMENTATION.replace("name: default", "name: default\n  namespace: shop");
    world
        .file("web.yaml", text)
        .file("source.yaml", &source)
        .file("images/ghcr.io/acme/web:1.json", &node.to_string())
        .file("images/acme%2Fhelper%3A2.json", &go.to_string());
    world
}

#[test]
fn a_suggestion_becomes_a_rule_that_injects() {
    let world = world();
    let suggest = |args: &[&str]| {
        world.run(&[&["suggest", "--images-from", "images"], args, &["web.yaml"]].concat(), "")
    };
    let table = suggest(&[]).good();
    insta::assert_snapshot!(table);
    let data: Value = serde_json::from_str(&suggest(&["-o", "json"]).good()).expect("JSON");
    let containers = &data["workloads"][0]["containers"];
    assert_eq!(containers[0]["language"], "nodejs");
    assert_eq!((&containers[1]["perhaps"], &containers[1]["language"]), (&json!("go"), &Value::Null));
    assert_eq!((&containers[2]["known"], &containers[2]["language"]), (&json!(false), &Value::Null));
    let rules = suggest(&["-o", "config"]).good();
    insta::assert_snapshot!(rules);
    world.file("suggested.yaml", &rules);
    let run = world.run(
        &["inject", "--config", "suggested.yaml", "--fail-on", "warning", "source.yaml", "web.yaml"],
        "",
    );
    let injected = run.good();
    assert!(injected.contains("opentelemetry-auto-instrumentation-nodejs"), "{injected}");
    assert_eq!(suggest(&["-o", "images"]).good(), "acme/helper:2\nghcr.io/acme/web:1\nother:3\n");
    // What asks already gets no rule.
    world.file("web.yaml", &injected);
    let nothing = suggest(&["-o", "config"]).good();
    assert!(nothing.contains("spec: {}"), "{nothing}");
    world.file("suggested.yaml", &nothing);
    world.run(&["inject", "--config", "suggested.yaml", "source.yaml", "web.yaml"], "").good();
}

#[test]
fn images_with_all_are_those_of_what_asks_and_of_agents() {
    let world = world();
    let source = world.text("source.yaml");
    let other = workload(&asks("nodejs"), "", "restartPolicy: Always").replace("name: web", "name: asking");
    world.file("asking.yaml", &other);
    assert!(source.contains("default"));
    let all = world.run(&["images", "--all", "asking.yaml", "web.yaml"], "").good();
    let agents = world.run(&["images", "asking.yaml", "web.yaml"], "").good();
    assert!(
        all.contains("shop:1\n") && all.contains("autoinstrumentation-nodejs") && !all.contains("acme"),
        "{all}"
    );
    assert!(!agents.contains("shop:1") && agents.contains("autoinstrumentation-nodejs"), "{agents}");
}

#[test]
fn metadata_comes_from_files_folders_and_indexes() {
    let world = world();
    let run = |from: &str| world.run(&["suggest", "--images-from", from, "web.yaml"], "");
    world
        .file("index/images.json", r#"{"ghcr.io/acme/web:1": "sub/web.json", "acme/helper:2": {"os": "linux", "architecture": "amd64", "config": {"Cmd": ["java"]}}}"#)
        .file("index/sub/web.json", &world.text("images/ghcr.io/acme/web:1.json"));
    for from in ["index", "index/images.json"] {
        let table = run(from).good();
        assert!(table.contains("nodejs") && table.contains("java"), "{table}");
    }
    // Of a file, the name alone.
    assert!(!run("images/acme%2Fhelper%3A2.json").good().contains("nodejs"));
    // A list of Docker's names its images itself.
    let docker = r#"[{"RepoTags": ["acme/helper:2"], "Os": "linux", "Architecture": "amd64", "Config": {"Cmd": ["python3"]}}]"#;
    world.file("docker.json", docker);
    assert!(run("docker.json").good().contains("python"));
    world.file("Web Server.json", &world.text("images/ghcr.io/acme/web:1.json"));
    run("Web Server.json").is_refused_in_silence(2, "invalid-image-metadata");
    world.file("empty/readme.txt", "");
    run("empty").is_refused_in_silence(2, "invalid-image-metadata");
    run("nowhere").is_refused_in_silence(2, "io");
    world.file("large.json", &" ".repeat((16 << 20) + 1));
    run("large.json").is_refused_in_silence(2, "io");
    // The same image twice.
    world.file("again/images.json", r#"{"ghcr.io/acme/web:1": {"os": "linux", "architecture": "amd64"}}"#);
    let twice = |second: &str| {
        world.run(&["check", "--images-from", "index", "--images-from", second, "web.yaml"], "")
    };
    assert_eq!(twice("index/images.json").code, 0);
    let run = twice("again");
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stdout.contains("conflicting-image-metadata"), "{}", run.stdout);
}

#[test]
fn an_output_does_not_replace_metadata() {
    let world = world();
    let file = "images/ghcr.io/acme/web:1.json";
    let run = world.run(&["inject", "--images-from", file, "--report", file, "source.yaml", "web.yaml"], "");
    assert_ne!(run.code, 0);
    assert!(Path::new(&world.path(file)).is_file() && world.text(file).contains("NODE_VERSION"));
}

/// Values that look like metadata, with anything in them.
fn anything() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        Just("config"),
        Just("Config"),
        Just("Env"),
        Just("os"),
        Just("architecture"),
        Just("Os"),
        Just("Architecture"),
        Just("history"),
        Just("created_by"),
        Just("Labels"),
        Just("User"),
        Just("Entrypoint"),
        Just("Cmd"),
        Just("manifests"),
        Just("layers"),
        Just("digest"),
        Just("mediaType"),
        Just("annotations"),
        Just("RepoTags"),
        Just("org.opencontainers.image.ref.name"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
        Just(json!("linux")),
        Just(json!("A=b")),
        Just(json!("shop:1")),
        Just(json!("sh")),
        Just(json!("-c")),
        Just(json!(format!("sha256:{:064x}", 1))),
        Just(json!("application/vnd.oci.image.config.v1+json")),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((key.clone(), inner), 0..8).prop_map(|all| Value::Object(
                all.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            )),
        ]
    })
}

proptest! {
    #[test]
    fn no_metadata_ends_a_run(value in anything(), bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = read(&bytes);
        let _ = read_index(&bytes);
        let _ = read_index(value.to_string().as_bytes());
        if let Ok(all) = read_value(&value) {
            let mut metadata = Metadata::default();
            for named in all {
                let _ = metadata.add("shop:1", named.image);
            }
            if let Some(facts) = metadata.of("shop:1") {
                let _ = (facts.libc(), facts.user(), facts.variable("A"), facts.shown(&[], &[]));
            }
        }
        // Every blob is that value, and every layer those bytes.
        let mut files = Memory::default();
        files.0.insert("index.json".to_owned(), value.to_string().into_bytes());
        let layers = ["", "+gzip", "+zstd"].map(|ending| json!({"mediaType": format!("{LAYER}{ending}"), "digest": format!("sha256:{:064x}", 9)}));
        let _ = files.json(1, INDEX, &value);
        let _ = layout::read(&files);
        let _ = files.blob(9, LAYER, bytes);
        let image = files.image(2, "amd64", &layers);
        files.index(image, "shop:1");
        let _ = layout::read(&files);
    }
}
