using Krewe.Abstractions;

namespace Krewe.Rollouts;

/// <summary>A call to be made once more on the new version, with the old one's answer. It keeps both alive until it is disposed.</summary>
internal sealed record ShadowCopy(
    IVersionCaller Caller, RolloutTally Tally, RolloutRoute Rollout, ModelName Model, InferenceRequest Request, InferenceResponse Served, long Bytes)
    : IDisposable
{
    public void Dispose()
    {
        Request.Dispose();
        Served.Dispose();
    }
}
