namespace Krewe.Serving.Batching;

/// <summary>How the requests of one version wait and run.</summary>
/// <param name="MaxBatchSize">The most rows in one run; 0 where requests are run as they come, neither joined nor split.</param>
/// <param name="MaxDelay">How long the first request may wait for others while a runner is free.</param>
/// <param name="MaxLength">The most requests that wait.</param>
/// <param name="MaxConcurrentRuns">The most runs side by side.</param>
internal readonly record struct BatchQueueOptions(int MaxBatchSize, TimeSpan MaxDelay, int MaxLength, int MaxConcurrentRuns);
