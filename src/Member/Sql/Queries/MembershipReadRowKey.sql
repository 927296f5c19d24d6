SELECT c.version AS Version,
    m.address AS Address, m.port AS Port, m.generation AS Generation, m.name AS SiloName, m.host AS HostName,
    m.status AS Status, m.client_port AS ProxyPort, m.suspicions AS SuspectTimes, m.started_at AS StartTime, m.heard_at AS IAmAliveTime
FROM krewe.cluster c LEFT JOIN krewe.member m
    ON m.cluster_id = c.cluster_id AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
WHERE c.cluster_id = @DeploymentId
