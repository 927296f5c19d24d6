using Krewe.Abstractions.Models;
using Krewe.Serving.Memory;

namespace Krewe.Serving.Versions;

/// <summary>A loaded version as the memory budget sees it.</summary>
internal sealed record Resident(ServedVersion Version, LoadedModel Model, SessionRegister Register) : IResident
{
    public ModelId Id => Version.Id;

    public long MemoryBytes => Model.MemoryBytes;

    public long LastUsed => Model.LastUsed;

    public bool IsIdle => Model.IsIdle;

    public bool IsHeld => Version.IsHeld;

    // A baseline is needed for as long as its rollout holds the version.
    public TimeSpan IdleTime(TimeSpan usual) =>
        Version.Origin is { } origin ? (origin.IsHeld && !origin.IsRetired ? Timeout.InfiniteTimeSpan : TimeSpan.Zero)
        : Version.Artifact.Manifest.IdleTime ?? usual;

    public bool TryCloseIdle() => Model.TryCloseIdle();

    public void Free()
    {
        Version.Forget(Model);
        Model.Free();
        Register.Remove(Id, Model);
    }

    public void Terminate() => Model.Session.Terminate();
}
