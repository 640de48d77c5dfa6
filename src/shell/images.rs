//! The images that people teach with: what they do without a command, on which ports, and how big they are to pull.
//!
//! What an image does is written in the same `sh` that containers run. Sizes are those of the compressed layers for
//! amd64, rounded: enough for a first pull to take about as long as it does.

use std::fmt;

/// What is known about an image.
#[derive(PartialEq, Eq)]
pub struct Image {
    /// The repositories that mean this image, without registry and tag.
    pub repositories: &'static [&'static str],
    /// What it does without a command, as a script.
    pub script: &'static str,
    /// The TCP ports it listens on.
    pub ports: &'static [u16],
    /// What a pull transfers, in bytes.
    pub size_bytes: u64,
    /// Whether arguments go to its own program; otherwise they *are* the command.
    pub has_entrypoint: bool,
}

impl Image {
    /// Whether its default command is a shell or an interpreter that ends at once because nobody talks to it.
    pub fn is_interactive(&self) -> bool {
        self.script == INTERACTIVE
    }

    /// Whether it serves whatever its environment is; some databases refuse to start without a password.
    pub fn always_serves(&self) -> bool {
        self.serves() && !self.script.contains("exit 1")
    }

    /// Whether it serves until it is stopped, rather than doing something and exiting.
    pub fn serves(&self) -> bool {
        self.script.contains("sleep infinity")
    }
}

/// Names only: a script is no help in a message.
impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Image").field(&self.repositories.first().unwrap_or(&"")).finish()
    }
}

/// What is known about an image by its reference, whatever its registry, tag and digest.
///
/// ```
/// use orrery::shell::images::lookup;
///
/// assert_eq!(lookup("nginx:1.27").unwrap().ports, [80]);
/// assert_eq!(lookup("localhost:5000/library/nginx@sha256:0123"), lookup("nginx"));
/// assert!(lookup("my-own/nginx").is_none());
/// ```
pub fn lookup(reference: &str) -> Option<&'static Image> {
    let repository = repository(reference);
    IMAGES.iter().find(|image| image.repositories.contains(&repository))
}

/// The repository of an image without its default registry, tag and digest: `docker.io/library/nginx:1.27` is `nginx`.
///
/// ```
/// use orrery::shell::images::full_repository;
/// assert_eq!(full_repository("docker.io/library/nginx:1.27"), "nginx");
/// assert_eq!(full_repository("localhost:5000/team/app@sha256:00"), "localhost:5000/team/app");
/// ```
pub fn full_repository(reference: &str) -> &str {
    let name = untagged(reference);
    let name = name.strip_prefix("docker.io/").unwrap_or(name);
    name.strip_prefix("library/").unwrap_or(name)
}

/// The tag of an image, `latest` when it names none; empty when it names a digest.
pub fn tag(reference: &str) -> &str {
    if reference.contains('@') {
        return "";
    }
    match reference.rsplit_once(':') {
        Some((_, tag)) if !tag.contains('/') => tag,
        _ => "latest",
    }
}

/// What a pull of an image transfers, in bytes; that of an unknown one follows from its name.
pub fn size_bytes(reference: &str) -> i64 {
    if let Some(known) = lookup(reference) {
        return i64::try_from(known.size_bytes).unwrap_or(i64::MAX);
    }
    let hash = crate::dice::fnv1a(crate::dice::FNV_OFFSET, full_repository(reference).as_bytes());
    (10 + (hash % 190) as i64) * MB as i64 + (hash / 190 % MB) as i64
}

/// Every known image.
pub fn all() -> &'static [Image] {
    IMAGES
}

/// The repository in an image reference, without registry, tag, digest and the prefix of official images.
fn repository(reference: &str) -> &str {
    let name = untagged(reference);
    let name = match name.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => rest,
        _ => name,
    };
    name.strip_prefix("library/").unwrap_or(name)
}

/// An image reference without tag and digest.
fn untagged(reference: &str) -> &str {
    let name = reference.split('@').next().unwrap_or(reference);
    // A colon before the last slash belongs to the registry's port.
    match name.rfind(':') {
        Some(colon) if !name[colon..].contains('/') => &name[..colon],
        _ => name,
    }
}

const MB: u64 = 1_000_000;

/// A server that stops cleanly: it prints its first lines, then waits for SIGTERM.
macro_rules! server {
    ($lines:expr) => {
        concat!("trap 'exit 0' TERM\n", $lines, "\nsleep infinity & wait")
    };
}

/// A server that does not handle SIGTERM.
macro_rules! plain_server {
    ($lines:expr) => {
        concat!($lines, "\nexec sleep infinity")
    };
}

/// An image whose default command is an interactive shell or interpreter: without a terminal it is over at once.
const INTERACTIVE: &str = "exit 0";

const fn image(
    repositories: &'static [&'static str],
    ports: &'static [u16],
    size_bytes: u64,
    has_entrypoint: bool,
    script: &'static str,
) -> Image {
    Image { repositories, script, ports, size_bytes, has_entrypoint }
}

static IMAGES: &[Image] = &[
    // The two images of the course that the first lessons follow.
    image(&["kubetm/init"], &[], 2 * MB, false, "echo 'job start'\nsleep 20\necho 'job end'"),
    image(
        &["kubetm/app", "kubetm/p8000", "kubetm/p8080"],
        &[8080],
        261 * MB,
        false,
        plain_server!("echo 'Listening on port 8080'"),
    ),
    // Bases and interpreters.
    image(&["busybox"], &[], 2_200_000, false, INTERACTIVE),
    image(&["alpine"], &[], 3_600_000, false, INTERACTIVE),
    image(&["ubuntu"], &[], 30 * MB, false, INTERACTIVE),
    image(&["debian"], &[], 49 * MB, false, INTERACTIVE),
    image(&["centos"], &[], 84 * MB, false, INTERACTIVE),
    image(&["rockylinux"], &[], 70 * MB, false, INTERACTIVE),
    image(&["bash"], &[], 6 * MB, true, INTERACTIVE),
    image(&["perl"], &[], 365 * MB, false, INTERACTIVE),
    image(&["python"], &[], 370 * MB, false, INTERACTIVE),
    image(&["node"], &[], 400 * MB, true, INTERACTIVE),
    image(&["ruby"], &[], 370 * MB, false, INTERACTIVE),
    image(&["golang"], &[], 310 * MB, false, INTERACTIVE),
    image(&["curlimages/curl"], &[], 9 * MB, true, "echo \"curl: try 'curl --help' for more information\"\nexit 2"),
    image(
        &["hello-world"],
        &[],
        2_400,
        false,
        "echo\necho 'Hello from Docker!'\necho 'This message shows that your installation appears to be working correctly.'",
    ),
    image(&["pause"], &[], 300_000, true, plain_server!(":")),
    // Web servers and proxies.
    image(
        &["nginx", "nginxinc/nginx-unprivileged", "bitnami/nginx"],
        &[80],
        72 * MB,
        true,
        server!(
            "echo '/docker-entrypoint.sh: Configuration complete; ready for start up'\n\
             echo \"$(date '+%Y/%m/%d %H:%M:%S') [notice] 1#1: start worker processes\""
        ),
    ),
    image(
        &["httpd", "bitnami/apache"],
        &[80],
        58 * MB,
        false,
        server!(
            "echo \"[$(date '+%a %b %d %T %Y')] [core:notice] [pid 1:tid 1] AH00094: Command line: 'httpd -D FOREGROUND'\""
        ),
    ),
    image(
        &["caddy"],
        &[80, 443],
        20 * MB,
        false,
        server!("echo '{\"level\":\"info\",\"msg\":\"serving initial configuration\"}'"),
    ),
    image(&["traefik"], &[80], 50 * MB, true, server!("echo 'Configuration loaded from flags.'")),
    image(&["haproxy"], &[80], 42 * MB, true, server!("echo '[NOTICE]   (1) : New worker (8) forked'")),
    image(&["envoyproxy/envoy"], &[10000], 60 * MB, true, server!("echo '[info][main] starting main dispatch loop'")),
    image(&["traefik/whoami", "containous/whoami"], &[80], 3 * MB, true, server!("echo 'Starting up on port 80'")),
    image(&["hashicorp/http-echo"], &[5678], 3 * MB, true, server!("echo '[INFO] server is listening on :5678'")),
    image(&["google-samples/hello-app"], &[8080], 11 * MB, true, plain_server!("echo 'Server listening on port 8080'")),
    image(&["echoserver", "ealen/echo-server"], &[8080], 43 * MB, true, server!("echo 'Generating self-signed cert'")),
    image(&["e2e-test-images/agnhost", "agnhost"], &[], 52 * MB, true, plain_server!("echo 'Paused'")),
    image(
        &["tomcat", "kubetm/tomcat"],
        &[8080],
        180 * MB,
        false,
        server!("echo 'org.apache.catalina.startup.Catalina.start Server startup in [1200] milliseconds'"),
    ),
    image(
        &["wordpress"],
        &[80],
        245 * MB,
        true,
        server!("echo 'WordPress not found in /var/www/html - copying now...'"),
    ),
    image(&["ghost"], &[2368], 170 * MB, true, server!("echo 'Ghost is running in production...'")),
    image(&["registry"], &[5000], 10 * MB, true, server!("echo 'level=info msg=\"listening on [::]:5000\"'")),
    image(&["jenkins/jenkins"], &[8080, 50000], 270 * MB, true, server!("echo 'Jenkins is fully up and running'")),
    // Databases and queues. Some refuse to start without a password.
    image(
        &["postgres", "bitnami/postgresql"],
        &[5432],
        155 * MB,
        true,
        server!(
            "if [ -z \"$POSTGRES_PASSWORD$POSTGRES_PASSWORD_FILE$POSTGRES_HOST_AUTH_METHOD\" ]; then\n\
             echo 'Error: Database is uninitialized and superuser password is not specified.'\n\
             echo '       You must specify POSTGRES_PASSWORD to a non-empty value for the superuser.'\n\
             exit 1\nfi\nsleep 2\n\
             echo \"$(date '+%F %T.%3N UTC') [1] LOG:  database system is ready to accept connections\""
        ),
    ),
    image(
        &["mysql", "bitnami/mysql"],
        &[3306],
        250 * MB,
        true,
        server!(
            "if [ -z \"$MYSQL_ROOT_PASSWORD$MYSQL_ALLOW_EMPTY_PASSWORD$MYSQL_RANDOM_ROOT_PASSWORD\" ]; then\n\
             echo \"$(date '+%F %T+00:00') [ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\"\n\
             echo '    You need to specify one of the following as an environment variable:'\n\
             echo '    - MYSQL_ROOT_PASSWORD'\n\
             exit 1\nfi\nsleep 8\necho 'mysqld: ready for connections. port: 3306'"
        ),
    ),
    image(
        &["mariadb", "bitnami/mariadb"],
        &[3306],
        120 * MB,
        true,
        server!(
            "if [ -z \"$MARIADB_ROOT_PASSWORD$MYSQL_ROOT_PASSWORD$MARIADB_ALLOW_EMPTY_ROOT_PASSWORD\" ]; then\n\
             echo \"$(date '+%F %T+00:00') [ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\"\n\
             exit 1\nfi\nsleep 4\necho 'mariadbd: ready for connections. port: 3306'"
        ),
    ),
    image(
        &["mongo"],
        &[27017],
        270 * MB,
        true,
        server!(
            "sleep 1\necho '{\"s\":\"I\",\"c\":\"NETWORK\",\"msg\":\"Waiting for connections\",\"attr\":{\"port\":27017}}'"
        ),
    ),
    image(
        &["redis", "bitnami/redis", "valkey/valkey"],
        &[6379],
        45 * MB,
        true,
        server!("echo \"1:M $(date '+%d %b %Y %T.%3N') * Ready to accept connections tcp\""),
    ),
    image(&["memcached"], &[11211], 32 * MB, true, server!(":")),
    image(
        &["cassandra"],
        &[9042],
        150 * MB,
        true,
        server!("sleep 15\necho 'Starting listening for CQL clients on /0.0.0.0:9042'"),
    ),
    image(
        &["rabbitmq"],
        &[5672],
        105 * MB,
        true,
        server!("sleep 5\necho ' Server startup complete; 4 plugins started.'"),
    ),
    image(&["nats"], &[4222], 7 * MB, true, server!("echo '[1] [INF] Server is ready'")),
    image(&["zookeeper"], &[2181], 120 * MB, true, server!("sleep 2\necho 'binding to port 0.0.0.0/0.0.0.0:2181'")),
    image(
        &["apache/kafka", "bitnami/kafka"],
        &[9092],
        190 * MB,
        true,
        server!("sleep 4\necho '[KafkaRaftServer nodeId=1] Kafka Server started'"),
    ),
    image(
        &["etcd", "coreos/etcd"],
        &[2379, 2380],
        60 * MB,
        true,
        server!("echo '{\"level\":\"info\",\"msg\":\"ready to serve client requests\"}'"),
    ),
    image(
        &["elasticsearch", "elasticsearch/elasticsearch"],
        &[9200, 9300],
        620 * MB,
        true,
        server!("sleep 12\necho '{\"log.level\":\"INFO\",\"message\":\"started\"}'"),
    ),
    image(&["kibana"], &[5601], 470 * MB, true, server!("sleep 10\necho 'http server running at http://0.0.0.0:5601'")),
    image(
        &["hashicorp/vault", "vault"],
        &[8200],
        180 * MB,
        true,
        server!("echo '==> Vault server started! Log data will stream in below:'"),
    ),
    image(&["hashicorp/consul", "consul"], &[8500], 60 * MB, true, server!("echo '==> Consul agent running!'")),
    image(&["minio/minio"], &[9000], 60 * MB, true, "echo 'NAME:'\necho '  minio - High Performance Object Storage'"),
    // What runs once on every node: logs, metrics, storage, network.
    image(
        &["fluentd", "fluent/fluentd", "fluent/fluentd-kubernetes-daemonset", "fluentd_elasticsearch/fluentd"],
        &[24224],
        90 * MB,
        true,
        server!("sleep 1\necho \"$(date '+%F %T +0000') [info]: #0 fluentd worker is now running worker=0\""),
    ),
    image(&["fluent/fluent-bit"], &[2020], 35 * MB, true, server!("echo '[ info] [sp] stream processor started'")),
    image(
        &["prom/prometheus", "prometheus/prometheus"],
        &[9090],
        110 * MB,
        true,
        server!("sleep 1\necho 'level=INFO msg=\"Server is ready to receive web requests.\"'"),
    ),
    image(
        &["prom/node-exporter", "prometheus/node-exporter"],
        &[9100],
        12 * MB,
        true,
        plain_server!("echo 'level=INFO msg=\"Listening on\" address=[::]:9100'"),
    ),
    image(
        &["prom/alertmanager", "prometheus/alertmanager"],
        &[9093],
        32 * MB,
        true,
        server!("echo 'level=INFO msg=\"Listening on\" address=[::]:9093'"),
    ),
    image(
        &["grafana/grafana"],
        &[3000],
        150 * MB,
        true,
        server!("sleep 2\necho 'logger=http.server msg=\"HTTP Server Listen\" address=[::]:3000'"),
    ),
    image(&["grafana/promtail"], &[9080], 80 * MB, true, server!("echo 'level=info msg=\"Starting Promtail\"'")),
    image(
        &["kube-state-metrics/kube-state-metrics"],
        &[8080, 8081],
        15 * MB,
        true,
        server!("echo 'Started metrics server'"),
    ),
    image(
        &["metrics-server/metrics-server"],
        &[10250],
        20 * MB,
        true,
        server!("echo 'Serving securely on [::]:10250'"),
    ),
    image(&["datadog/agent"], &[8126], 450 * MB, true, server!("echo 'datadog-agent is running'")),
    image(
        &["beats/filebeat", "elastic/filebeat"],
        &[],
        110 * MB,
        true,
        server!("echo '{\"message\":\"filebeat start running.\"}'"),
    ),
    image(
        &["gluster/gluster-centos", "gluster/glusterfs-server"],
        &[24007],
        150 * MB,
        false,
        server!("echo 'glusterd is running'"),
    ),
    image(&["longhornio/longhorn-manager"], &[9500], 90 * MB, true, server!("echo 'Listening on 9500'")),
    image(&["kube-proxy"], &[10249, 10256], 30 * MB, true, server!("echo 'Starting service config controller'")),
    image(&["coredns/coredns", "coredns"], &[53, 9153], 18 * MB, true, server!("echo '.:53'\necho 'CoreDNS-1.12'")),
    image(&["calico/node"], &[9099], 120 * MB, true, server!("echo 'Calico node started successfully'")),
    image(
        &["cilium/cilium"],
        &[9879],
        230 * MB,
        true,
        server!("echo 'level=info msg=\"Daemon initialization completed\"'"),
    ),
    image(&["flannel/flannel", "flannel-io/flannel"], &[], 30 * MB, true, server!("echo 'Running backend.'")),
];
