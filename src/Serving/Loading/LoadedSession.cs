using Krewe.Serving.Batching;
using Krewe.Serving.Isolation;
using Krewe.Serving.OnnxRuntime;

namespace Krewe.Serving.Loading;

/// <summary>The result of a load.</summary>
/// <param name="Session">The session, warmed up.</param>
/// <param name="Batching">The maximum batch size.</param>
/// <param name="Isolation">Whether it is in a worker process, and why.</param>
/// <param name="MemoryBytes">The measured memory of the session.</param>
internal sealed record LoadedSession(OnnxSession Session, BatchDecision Batching, IsolationDecision Isolation, long MemoryBytes);
