using Krewe.Serving.Batching;
using Krewe.Serving.OnnxRuntime;

namespace Krewe.Serving.Loading;

/// <summary>The result of a load.</summary>
/// <param name="Session">The session, warmed up.</param>
/// <param name="Batching">The maximum batch size.</param>
/// <param name="MemoryBytes">The measured memory of the session.</param>
internal sealed record LoadedSession(OnnxSession Session, BatchDecision Batching, long MemoryBytes);
