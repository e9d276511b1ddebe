-- A sweep that was run elsewhere is nothing to work on: no worker takes its chains, and no command starts it.

ALTER TABLE reflectdit.sweeps
    DROP CONSTRAINT sweeps_state_check,
    ADD CONSTRAINT sweeps_state_check CHECK (state IN ('running', 'paused', 'cancelled', 'imported'));
