//! The lists that people keep by hand are held against what they list.

use orrery::assist::annotations;

/// Every annotation that the kubelets read is offered, and every one that is offered is read.
#[test]
fn the_annotations_on_offer_are_those_that_are_read() {
    let mut read: Vec<String> = Vec::new();
    for file in std::fs::read_dir("src/actor/kubelet").expect("sources") {
        let path = file.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("text");
        let shipped = text.split("#[cfg(test)]").next().unwrap_or("");
        if path.to_string_lossy().contains("tests") {
            continue;
        }
        for part in shipped.split("\"sim/").skip(1) {
            read.push(format!("sim/{}", part.split('"').next().unwrap_or("")));
        }
    }
    read.retain(|name| name.len() > 4);
    read.sort();
    read.dedup();
    let mut offered: Vec<String> = annotations().map(str::to_owned).collect();
    offered.sort();
    assert_eq!(offered, read);
}
