using Krewe.Serving.Batching;
using Krewe.Serving.OnnxRuntime;

namespace Krewe.Serving.Loading;

/// <summary>What a load ends with.</summary>
/// <param name="Session">The session, warmed up.</param>
/// <param name="Batching">How many rows may share a run.</param>
/// <param name="MemoryBytes">What it holds, as measured.</param>
internal sealed record LoadedSession(OnnxSession Session, BatchDecision Batching, long MemoryBytes);
