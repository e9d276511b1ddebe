-- A silo without slots is a worker that takes nothing: it serves calls.
ALTER TABLE reflectdit.workers
    DROP CONSTRAINT workers_slots_check,
    ADD CONSTRAINT workers_slots_check CHECK (slots >= 0);
