DELETE FROM krewe.grain_state
WHERE version = @GrainStateVersion
    AND service_id = @ServiceId AND state_name = @GrainTypeString AND state_hash = @GrainTypeHash AND key_hash = @GrainIdHash
    AND key_number_0 = @GrainIdN0 AND key_number_1 = @GrainIdN1 AND key_text = coalesce(@GrainIdExtensionString, '')
RETURNING version + 1 AS NewGrainStateVersion
