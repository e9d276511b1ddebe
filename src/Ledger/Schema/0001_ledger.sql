-- The ledger: what was planned, drawn, judged, measured. Rows are never changed once written, except a chain's state.

CREATE TABLE reflectdit.scorers (
    id            uuid PRIMARY KEY,            -- hash of the configuration
    name          text NOT NULL,
    configuration text NOT NULL                -- detector, thresholds: canonical JSON
);

CREATE TABLE reflectdit.sweeps (
    id            uuid PRIMARY KEY,            -- hash of the configuration: to plan it again is to resume it
    name          text NOT NULL CHECK (name <> ''),
    configuration text NOT NULL,               -- resolved, canonical JSON
    seed          bigint NOT NULL CHECK (seed >= 0),
    replicates    integer NOT NULL CHECK (replicates > 0),
    scorer_id     uuid NOT NULL REFERENCES reflectdit.scorers,
    calls         text NOT NULL,               -- how patient to be with models: JSON, no part of the identity
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sweeps_name ON reflectdit.sweeps (name);

CREATE TABLE reflectdit.prompts (
    sweep_id uuid NOT NULL REFERENCES reflectdit.sweeps ON DELETE CASCADE,
    index    integer NOT NULL CHECK (index >= 0),
    tag      text NOT NULL,
    prompt   text NOT NULL CHECK (prompt <> ''),
    metadata text NOT NULL,                    -- the benchmark's line, as published
    PRIMARY KEY (sweep_id, index)
);

CREATE TABLE reflectdit.arms (
    sweep_id     uuid NOT NULL REFERENCES reflectdit.sweeps ON DELETE CASCADE,
    index        integer NOT NULL CHECK (index >= 0),
    name         text NOT NULL CHECK (name <> ''),
    max_attempts integer NOT NULL CHECK (max_attempts > 0),
    simulated    boolean NOT NULL,
    oracle       boolean NOT NULL,             -- a decision depends on the scorer
    published    text,                         -- the published arm that this one reproduces
    PRIMARY KEY (sweep_id, index),
    UNIQUE (sweep_id, name)
);

CREATE TABLE reflectdit.chains (
    id        uuid PRIMARY KEY,                -- hash of (sweep, arm, prompt, replicate)
    sweep_id  uuid NOT NULL,
    arm       integer NOT NULL,
    prompt    integer NOT NULL,
    replicate integer NOT NULL CHECK (replicate >= 0),
    state     text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'failed')),
    epoch     integer NOT NULL DEFAULT 0,      -- grows with every taking; a write must carry the newest
    shown     integer,
    failure   text,
    UNIQUE (sweep_id, arm, prompt, replicate),
    FOREIGN KEY (sweep_id, arm) REFERENCES reflectdit.arms (sweep_id, index) ON DELETE CASCADE,
    FOREIGN KEY (sweep_id, prompt) REFERENCES reflectdit.prompts (sweep_id, index) ON DELETE CASCADE,
    CHECK ((state = 'done') = (shown IS NOT NULL)),
    CHECK ((state = 'failed') = (failure IS NOT NULL))
);

CREATE TABLE reflectdit.attempts (
    chain_id             uuid NOT NULL REFERENCES reflectdit.chains ON DELETE CASCADE,
    index                integer NOT NULL CHECK (index >= 0),
    epoch                integer NOT NULL,
    seed                 bigint NOT NULL CHECK (seed >= 0),
    image                bytea NOT NULL CHECK (octet_length(image) = 32),   -- SHA-256 of the artifact
    accepted             boolean NOT NULL,
    judge_score          double precision NOT NULL CHECK (judge_score BETWEEN 0 AND 1),
    judge_no_score       double precision NOT NULL CHECK (judge_no_score BETWEEN 0 AND 1),
    feedback             text NOT NULL,
    judge_text           text NOT NULL,
    wall_seconds         double precision NOT NULL CHECK (wall_seconds >= 0),
    generator_seconds    double precision NOT NULL CHECK (generator_seconds >= 0),  -- of the device
    judge_seconds        double precision NOT NULL CHECK (judge_seconds >= 0),      -- of the device
    function_evaluations integer NOT NULL CHECK (function_evaluations >= 0),
    judge_tokens         integer NOT NULL CHECK (judge_tokens >= 0),
    created_at           timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (chain_id, index),
    CHECK (NOT accepted OR feedback = '')
);

ALTER TABLE reflectdit.chains ADD CONSTRAINT chains_shown
    FOREIGN KEY (id, shown) REFERENCES reflectdit.attempts (chain_id, index) DEFERRABLE INITIALLY DEFERRED;

-- What an attempt was conditioned on, in order. The words are those of the source: attempts.feedback for the judge,
-- the score's reason for the scorer.
CREATE TABLE reflectdit.context_items (
    chain_id       uuid NOT NULL,
    attempt        integer NOT NULL,
    position       integer NOT NULL CHECK (position >= 0),
    source_attempt integer NOT NULL,
    source         text NOT NULL CHECK (source IN ('judge', 'scorer')),
    PRIMARY KEY (chain_id, attempt, position),
    FOREIGN KEY (chain_id, attempt) REFERENCES reflectdit.attempts ON DELETE CASCADE,
    FOREIGN KEY (chain_id, source_attempt) REFERENCES reflectdit.attempts ON DELETE CASCADE,
    CHECK (source_attempt < attempt)
);

CREATE TABLE reflectdit.detections (
    chain_id  uuid NOT NULL,
    attempt   integer NOT NULL,
    scorer_id uuid NOT NULL REFERENCES reflectdit.scorers,
    index     integer NOT NULL CHECK (index >= 0),   -- in the detector's order
    class     text NOT NULL,
    x1        real NOT NULL,
    y1        real NOT NULL,
    x2        real NOT NULL,
    y2        real NOT NULL,
    score     real NOT NULL,
    colour    text,
    PRIMARY KEY (chain_id, attempt, scorer_id, index),
    FOREIGN KEY (chain_id, attempt) REFERENCES reflectdit.attempts ON DELETE CASCADE
);

CREATE TABLE reflectdit.scores (
    chain_id  uuid NOT NULL,
    attempt   integer NOT NULL,
    scorer_id uuid NOT NULL REFERENCES reflectdit.scorers,
    correct   boolean NOT NULL,
    reason    text NOT NULL,
    PRIMARY KEY (chain_id, attempt, scorer_id),
    FOREIGN KEY (chain_id, attempt) REFERENCES reflectdit.attempts ON DELETE CASCADE,
    CHECK (correct = (reason = ''))
);

-- The fence: an attempt enters only with the newest epoch of an open chain, and only as its next one. The lock makes
-- a taker of the chain wait for this transaction, and this transaction see a taker that came first.
CREATE FUNCTION reflectdit.fence_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    chain record;
    following integer;
BEGIN
    SELECT epoch, state INTO chain FROM reflectdit.chains WHERE id = NEW.chain_id FOR NO KEY UPDATE;
    IF chain.epoch IS DISTINCT FROM NEW.epoch THEN
        RAISE EXCEPTION 'chain % is at epoch %: an attempt with epoch % is stale', NEW.chain_id, chain.epoch, NEW.epoch
            USING ERRCODE = 'RD001';
    END IF;
    SELECT coalesce(max(index) + 1, 0) INTO following FROM reflectdit.attempts WHERE chain_id = NEW.chain_id;
    IF chain.state <> 'open' OR NEW.index <> following THEN
        RAISE EXCEPTION 'chain % is % and its next attempt is %: attempt % does not fit',
            NEW.chain_id, chain.state, following, NEW.index USING ERRCODE = 'RD002';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER fence_attempt BEFORE INSERT ON reflectdit.attempts
    FOR EACH ROW EXECUTE FUNCTION reflectdit.fence_attempt();

-- The same fence for a chain's end: it says which epoch it writes with by leaving the epoch as it is.
CREATE FUNCTION reflectdit.end_chain(chain uuid, with_epoch integer, shown_attempt integer, reason text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE reflectdit.chains
    SET state = CASE WHEN reason IS NULL THEN 'done' ELSE 'failed' END, shown = shown_attempt, failure = reason
    WHERE id = chain AND epoch = with_epoch AND state = 'open';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'chain % is not open at epoch %: its end is stale', chain, with_epoch USING ERRCODE = 'RD001';
    END IF;
END $$;
