//! Timelines of CronJobs, driven by hand.
