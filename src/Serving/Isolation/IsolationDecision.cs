using Krewe.Abstractions.Hosting;
using Krewe.Serving.Operators;

namespace Krewe.Serving.Isolation;

/// <summary>Where a version runs, and why.</summary>
/// <param name="InWorker">True if it runs in a worker process.</param>
/// <param name="Reason">The reason, as part of a sentence; null for a plain graph in this process.</param>
internal sealed record IsolationDecision(bool InWorker, string? Reason)
{
    /// <summary>Whether this system can isolate: worker processes share memory by inherited descriptors.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux();

    /// <summary>Decides by the settings and the graph.</summary>
    /// <param name="mode">The settings.</param>
    /// <param name="hazard">What <see cref="HazardAnalysis"/> says of the graph.</param>
    public static IsolationDecision Of(IsolationMode mode, string? hazard) => new(
        IsSupported && (mode == IsolationMode.Process || (mode == IsolationMode.Auto && hazard is not null)),
        hazard ?? (mode == IsolationMode.Process ? "the settings ask for it" : null));

    /// <summary>For a load whose session is not kept.</summary>
    /// <param name="mode">The settings of this process; those of a model do not speak for its file.</param>
    public IsolationDecision ForTrial(IsolationMode mode) =>
        this with { InWorker = InWorker || (IsSupported && mode != IsolationMode.None) };
}
