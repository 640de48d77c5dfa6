//! Images: present, to be pulled, or not to be had.
//! Upstream: pkg/kubelet/images/image_manager.go EnsureImageExists.

use super::program;
use super::task::{Task, back_off};
use super::worker::Doing;
use crate::api::{Container, ContainerState, Meta, Text};
use crate::shell::images;
use crate::time::SimDuration;

/// Why an image is not to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// The registry does not have it.
    NotFound,
    /// The registry's name cannot be resolved.
    NoRegistry,
    /// It must not be pulled and is not on the node.
    NeverPull,
}

/// Whether an image is declared missing: by annotation `sim/image-missing: "true"`, by a registry in the reserved domain
/// `.invalid`, or by a tag or last name of `missing`, `nonexistent`, `does-not-exist` or `no-such-image`.
pub(super) fn missing(meta: &Meta, container: &Container) -> Option<Missing> {
    let image = container.image.as_str();
    let repository = images::full_repository(image);
    let registry = repository.split('/').next().unwrap_or("").split(':').next().unwrap_or("");
    let last = repository.rsplit('/').next().unwrap_or("");
    let telling = |word: &str| matches!(word, "missing" | "nonexistent" | "does-not-exist" | "no-such-image");
    let declared = program::annotation(meta, &container.name, true, "sim/image-missing").is_some_and(|v| v == "true");
    let invalid = registry.ends_with(".invalid");
    if !declared && !invalid && !telling(last) && !telling(images::tag(image)) {
        return None;
    }
    Some(match container.image_pull_policy.as_str() {
        "Never" => Missing::NeverPull,
        _ if invalid => Missing::NoRegistry,
        _ => Missing::NotFound,
    })
}

/// What the kubelet says when it need not pull.
pub(super) fn present_message(image: &str) -> Text {
    Text::from(format!("Container image \"{image}\" already present on machine and can be accessed by the pod"))
}

/// The error of a failed pull, as containerd words it.
fn pull_error(image: &str, missing: Missing) -> String {
    let repository = images::full_repository(image);
    let tag = images::tag(image);
    let has_registry = repository.split('/').next().is_some_and(|host| host.contains(['.', ':']));
    let full = match (has_registry, repository.contains('/')) {
        (true, _) => format!("{repository}:{tag}"),
        (false, true) => format!("docker.io/{repository}:{tag}"),
        (false, false) => format!("docker.io/library/{repository}:{tag}"),
    };
    let cause = match missing {
        Missing::NoRegistry => {
            let host = repository.split('/').next().unwrap_or("");
            format!("failed to do request: Head \"https://{host}/\": dial tcp: lookup {host}: no such host")
        }
        _ => format!("{full}: not found"),
    };
    format!("failed to pull and unpack image \"{full}\": failed to resolve reference \"{full}\": {cause}")
}

fn round_to_millis(span: SimDuration) -> SimDuration {
    SimDuration::from_millis(span.millis())
}

impl Task<'_> {
    /// An attempt to get an image fails; the next one comes after a back-off.
    pub(super) fn fail_pull(&mut self, number: usize, image: &str, missing: Missing) {
        if missing == Missing::NeverPull {
            let message = Text::from(format!("Container image \"{image}\" is not present with pull policy of Never"));
            self.note(true, "ErrImageNeverPull", message.clone());
            self.note(true, "Failed", "Error: ErrImageNeverPull");
            self.wait_for_image(number, "ErrImageNeverPull", message);
            return;
        }
        let error = pull_error(image, missing);
        let attempt = self.worker.run(number).backoff_steps;
        if self.worker.run(number).doing == Doing::PullBackOff && attempt % 2 == 1 {
            // The kubelet comes back a moment after a failed attempt, finds the back-off and says so.
            self.note(false, "BackOff", Text::from(format!("Back-off pulling image \"{image}\"")));
            self.note(true, "Failed", "Error: ImagePullBackOff");
            let message = format!("Back-off pulling image \"{image}\": ErrImagePull: {error}");
            self.wait_for_image(number, "ImagePullBackOff", Text::from(message));
            return;
        }
        self.note(false, "Pulling", Text::from(format!("Pulling image \"{image}\"")));
        self.note(true, "Failed", Text::from(format!("Failed to pull image \"{image}\": {error}")));
        self.note(true, "Failed", "Error: ErrImagePull");
        self.wait_for_image(number, "ErrImagePull", Text::from(error));
    }

    /// Begins to pull an image, when it has to be; pulls of a node come one after the other.
    pub(super) fn begin_pull(&mut self, number: usize) -> bool {
        let Some(container) = self.container(number) else { return false };
        let (image, always) = (container.image.clone(), container.image_pull_policy == "Always");
        let never = container.image_pull_policy == "Never";
        let present = self.agent.images.contains(&image);
        if missing(self.meta, container).is_some() || never || (present && !always) {
            return false;
        }
        let bytes = if present { 0 } else { images::size_bytes(&image) };
        let pull = super::profile::pull_time(self.site, self.meta.uid, number, bytes);
        let now = self.now;
        let done = self.agent.pulls_until.max(now) + pull;
        self.agent.pulls_until = done;
        let run = self.worker.run_mut(number);
        (run.doing, run.started, run.due) = (Doing::Pulling, now, done);
        self.note(false, "Pulling", Text::from(format!("Pulling image \"{image}\"")));
        true
    }

    /// An image has come.
    pub(super) fn finish_pull(&mut self, number: usize) {
        let Some(image) = self.container(number).map(|container| container.image.clone()) else { return };
        let bytes = images::size_bytes(&image);
        let present = self.agent.images.contains(&image);
        let all = self.now - self.worker.run(number).started;
        let alone = super::profile::pull_time(self.site, self.meta.uid, number, if present { 0 } else { bytes });
        let (alone, all) = (round_to_millis(alone.min(all)), round_to_millis(all));
        self.agent.images.insert(image.clone());
        self.memory.pulled.push((image.clone(), bytes));
        self.worker.run_mut(number).pulled = true;
        let text = format!(
            "Successfully pulled image \"{image}\" in {alone} ({all} including waiting). Image size: {bytes} bytes."
        );
        self.note(false, "Pulled", Text::from(text));
        self.create(number);
    }

    fn wait_for_image(&mut self, number: usize, reason: &'static str, message: Text) {
        if let Some(status) = self.status_of(number) {
            status.state = ContainerState::Waiting { reason: Text::Static(reason), message };
        }
        let now = self.now;
        let run = self.worker.run_mut(number);
        let attempts = run.backoff_steps / 2 + 1;
        let wait = match reason {
            "ErrImagePull" => super::task::START,
            "ImagePullBackOff" => back_off(attempts) - super::task::START,
            _ => super::task::FIRST_BACK_OFF,
        };
        if reason != "ErrImageNeverPull" {
            // Odd: an attempt has failed. Even: its back-off has been announced.
            run.backoff_steps = run.backoff_steps.saturating_add(1).min(200);
        }
        (run.doing, run.due) = (Doing::PullBackOff, now + wait);
        self.changed = true;
    }
}
