//! What is known of images: which are servers, which end by themselves, how large they are.

use crate::time::SimDuration;

/// What an image does when a container gives no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownImage {
    /// How long it runs; `None` for ever, as servers do.
    pub runs_for: Option<SimDuration>,
    /// What it writes to its log when it starts.
    pub says: &'static str,
    /// What it writes when it ends.
    pub says_last: &'static str,
    /// Its compressed size.
    pub megabytes: i64,
}

const fn server(says: &'static str, megabytes: i64) -> KnownImage {
    KnownImage { runs_for: None, says, says_last: "", megabytes }
}

/// The repository of an image without its default registry, tag and digest: `docker.io/library/nginx:1.27` is `nginx`.
///
/// ```
/// use orrery::actor::kubelet::images::repository;
/// assert_eq!(repository("docker.io/library/nginx:1.27"), "nginx");
/// assert_eq!(repository("localhost:5000/team/app@sha256:00"), "localhost:5000/team/app");
/// ```
pub fn repository(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or(image);
    let name = match name.rsplit_once(':') {
        Some((before, tag)) if !tag.contains('/') => before,
        _ => name,
    };
    let name = name.strip_prefix("docker.io/").unwrap_or(name);
    name.strip_prefix("library/").unwrap_or(name)
}

/// The tag of an image, `latest` when it names none; empty when it names a digest.
pub fn tag(image: &str) -> &str {
    if image.contains('@') {
        return "";
    }
    match image.rsplit_once(':') {
        Some((_, tag)) if !tag.contains('/') => tag,
        _ => "latest",
    }
}

/// What is known of an image.
pub fn known(image: &str) -> Option<KnownImage> {
    Some(match repository(image) {
        "nginx" | "nginxinc/nginx-unprivileged" => server("start worker processes", 72),
        "httpd" => server("AH00094: Command line: 'httpd -D FOREGROUND'", 59),
        "caddy" | "traefik" | "haproxy" | "envoyproxy/envoy" | "traefik/whoami" => server("Starting up", 60),
        "redis" | "valkey/valkey" => server("Ready to accept connections tcp", 45),
        "memcached" => server("", 30),
        "postgres" => server("database system is ready to accept connections", 160),
        "mysql" | "mariadb" => server("ready for connections.", 170),
        "mongo" => server("Waiting for connections", 260),
        "rabbitmq" => server("Server startup complete", 100),
        "elasticsearch" | "docker.elastic.co/elasticsearch/elasticsearch" => server("started", 600),
        "tomcat" | "kubetm/tomcat" => server("Server startup in [1000] milliseconds", 180),
        "kubetm/app" | "kubetm/p8000" | "kubetm/p8080" => server("Server listening on port 8080", 70),
        "fluentd" | "fluent/fluentd" | "fluent/fluent-bit" | "cr.fluentbit.io/fluent/fluent-bit" => {
            server("fluentd worker is now running worker=0", 40)
        }
        "prom/prometheus" | "quay.io/prometheus/prometheus" => server("Server is ready to receive web requests.", 110),
        "prom/node-exporter" | "quay.io/prometheus/node-exporter" => server("Listening on address=[::]:9100", 12),
        "grafana/grafana" => server("HTTP Server Listen", 150),
        "gluster/gluster-centos" => server("", 150),
        "registry.k8s.io/pause" | "k8s.gcr.io/pause" | "pause" => server("", 1),
        "registry" => server("listening on [::]:5000", 10),
        "kubetm/init" => KnownImage {
            runs_for: Some(SimDuration::from_secs(20)),
            says: "job start",
            says_last: "job end",
            megabytes: 3,
        },
        "hello-world" => KnownImage {
            runs_for: Some(SimDuration::ZERO),
            says: "Hello from Docker!",
            says_last: "This message shows that your installation appears to be working correctly.",
            megabytes: 1,
        },
        _ => return None,
    })
}

/// What a pull of an image transfers, in bytes; that of an unknown one follows from its name.
pub fn size_bytes(image: &str) -> i64 {
    const MEGABYTE: i64 = 1_000_000;
    if let Some(known) = known(image) {
        return known.megabytes * MEGABYTE;
    }
    let hash = crate::dice::fnv1a(crate::dice::FNV_OFFSET, repository(image).as_bytes());
    (10 + (hash % 190) as i64) * MEGABYTE + (hash / 190 % 1_000_000) as i64
}
