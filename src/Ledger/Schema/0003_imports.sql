-- Arms that were run elsewhere: where they came from, and rows that leave out what the run there did not record.

CREATE TABLE reflectdit.imports (
    sweep_id    uuid NOT NULL,
    arm         integer NOT NULL,
    format      text NOT NULL CHECK (format IN ('geneval', 'reflect-dit', 'csv')),
    path        text NOT NULL,                                              -- as it was then
    sha256      bytea NOT NULL CHECK (octet_length(sha256) = 32),           -- of the input
    findings    jsonb NOT NULL,                                             -- what was odd in it
    imported_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sweep_id, arm),
    FOREIGN KEY (sweep_id, arm) REFERENCES reflectdit.arms (sweep_id, index) ON DELETE CASCADE
);

ALTER TABLE reflectdit.attempts
    ADD COLUMN imported boolean NOT NULL DEFAULT false,
    ADD COLUMN shown_after integer,            -- what the chain would show had it ended here; else the strategy says
    ALTER COLUMN seed DROP NOT NULL,
    ALTER COLUMN image DROP NOT NULL,
    ALTER COLUMN accepted DROP NOT NULL,
    ALTER COLUMN judge_score DROP NOT NULL,
    ALTER COLUMN judge_no_score DROP NOT NULL,
    ALTER COLUMN feedback DROP NOT NULL,
    ALTER COLUMN judge_text DROP NOT NULL,
    ALTER COLUMN wall_seconds DROP NOT NULL,
    ALTER COLUMN generator_seconds DROP NOT NULL,
    ALTER COLUMN judge_seconds DROP NOT NULL,
    ALTER COLUMN function_evaluations DROP NOT NULL,
    ALTER COLUMN judge_tokens DROP NOT NULL,
    ADD CONSTRAINT attempts_known CHECK (imported OR num_nulls(seed, image, accepted, judge_score, judge_no_score,
        feedback, judge_text, wall_seconds, generator_seconds, judge_seconds, function_evaluations, judge_tokens) = 0),
    ADD CONSTRAINT attempts_shown_after CHECK (shown_after IS NULL OR imported AND shown_after BETWEEN 0 AND index),
    ADD CONSTRAINT attempts_judged CHECK (accepted IS NOT NULL OR num_nonnulls(judge_score, judge_no_score, feedback) = 0),
    DROP CONSTRAINT attempts_check,
    ADD CONSTRAINT attempts_accepted CHECK (imported OR NOT accepted OR feedback = '');

ALTER TABLE reflectdit.scores ALTER COLUMN reason DROP NOT NULL;  -- a summary elsewhere may hold the verdict alone
