//! What the editor offers: completion at many places, hover, quick fixes, formatting, tabs, templates, schedules, changes. The
//! place of the cursor is marked `‸` in the texts.

#[path = "assist/changes.rs"]
mod changes;
#[path = "assist/complete.rs"]
mod complete;
#[path = "assist/covers.rs"]
mod covers;
#[path = "assist/fixes.rs"]
mod fixes;
#[path = "assist/formatting.rs"]
mod formatting;
#[path = "assist/hovers.rs"]
mod hovers;
#[path = "assist/tabs.rs"]
mod tabs;

/// A text without its mark, and where the mark stood.
fn marked(text: &str) -> (String, usize) {
    let at = text.find('‸').expect("a mark");
    (text.replace('‸', ""), at)
}

/// A CronJob that uses most kinds of fields.
const RICH: &str = "\
apiVersion: batch/v1
kind: CronJob
metadata:
  name: report
  labels:
    app: report
spec:
  schedule: \"*/5 * * * *\"
  jobTemplate:
    spec:
      template:
        metadata:
          labels:
            app: report
        spec:
          restartPolicy: Never
          containers:
          - name: work
            image: busybox
            ports:
            - containerPort: 80
            resources:
              requests:
                cpu: 100m
            env:
            - name: A
              value: b
          volumes:
          - name: data
            emptyDir:
              medium: Memory
          affinity:
            nodeAffinity:
              requiredDuringSchedulingIgnoredDuringExecution:
                nodeSelectorTerms:
                - matchExpressions:
                  - key: os
                    operator: Exists
";
