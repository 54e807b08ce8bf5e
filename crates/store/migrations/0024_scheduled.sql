-- Messages that leave at a time of their own, by that time.
CREATE INDEX job_scheduled ON job (partition, run_at, id) WHERE kind = 'send_message' AND lane = subject;
