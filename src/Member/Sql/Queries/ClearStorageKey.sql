UPDATE krewe.grain_state SET payload = NULL, version = version + 1, changed_at = now()
WHERE version = @GrainStateVersion
    AND service_id = @ServiceId AND state_name = @GrainTypeString AND state_hash = @GrainTypeHash AND key_hash = @GrainIdHash
    AND key_number_0 = @GrainIdN0 AND key_number_1 = @GrainIdN1 AND key_text = coalesce(@GrainIdExtensionString, '')
RETURNING version AS NewGrainStateVersion
