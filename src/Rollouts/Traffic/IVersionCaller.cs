using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;

namespace Krewe.Rollouts.Traffic;

/// <summary>Calls exactly one version, with the protections that its host has.</summary>
public interface IVersionCaller
{
    /// <summary>
    /// Makes a call on its <see cref="InferenceCall.Version"/>, or a control call beside <see cref="InferenceCall.Beside"/>. Every failure
    /// is in the result; only a call that was cancelled throws, <see cref="OperationCanceledException"/>. A background request is refused
    /// at once with <see cref="KreweErrorCode.Overloaded"/> or <see cref="KreweErrorCode.Unavailable"/> where there is no room for it.
    /// </summary>
    ValueTask<CallResult> CallAsync(InferenceCall call);
}
