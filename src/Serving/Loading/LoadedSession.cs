namespace Krewe.Serving;

/// <summary>What a load ends with.</summary>
/// <param name="Session">The session, warmed up.</param>
/// <param name="MaxBatchSize">The most rows in one run; 0 where requests are run as they come, neither joined nor split.</param>
/// <param name="MemoryBytes">What it holds, as measured.</param>
internal sealed record LoadedSession(OnnxSession Session, int MaxBatchSize, long MemoryBytes);
