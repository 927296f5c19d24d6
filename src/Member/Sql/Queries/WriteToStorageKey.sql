WITH changed AS (
    UPDATE krewe.grain_state SET payload = @PayloadBinary, version = version + 1, changed_at = now()
    WHERE version = @GrainStateVersion
    AND service_id = @ServiceId AND state_name = @GrainTypeString AND state_hash = @GrainTypeHash AND key_hash = @GrainIdHash
    AND key_number_0 = @GrainIdN0 AND key_number_1 = @GrainIdN1 AND key_text = coalesce(@GrainIdExtensionString, '')
    RETURNING version
), added AS (
    INSERT INTO krewe.grain_state
        (service_id, state_name, state_hash, key_hash, key_number_0, key_number_1, key_text, version, payload)
    SELECT @ServiceId, @GrainTypeString, @GrainTypeHash, @GrainIdHash, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''), 1,
        @PayloadBinary
    WHERE @GrainStateVersion IS NULL
    ON CONFLICT DO NOTHING
    RETURNING version
)
SELECT version AS NewGrainStateVersion FROM changed
UNION ALL
SELECT version FROM added
