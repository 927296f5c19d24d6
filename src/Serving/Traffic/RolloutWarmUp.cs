using System.Collections.Concurrent;
using Krewe.Abstractions;
using Krewe.Rollouts;

namespace Krewe.Serving;

/// <summary>
/// Brings the versions of rollouts under way into memory, once for each rollout while this process lives; from then on they are held there.
/// Each task ends with null, or with the reason why a version could not be loaded.
/// </summary>
internal sealed class RolloutWarmUp(ServedModels models, VersionLoader loader, TimeProvider time)
{
    private static readonly TimeSpan RoomPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RoomInterval = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, Task<string?>> underWay = new();

    /// <summary>The warm-up of a rollout, begun now where it has not been.</summary>
    public Task<string?> Of(ModelName model, Rollout rollout) =>
        underWay.GetOrAdd(rollout.Id, _ => rollout.Plan.ReplicaByReplica ? ReplaceAsync(model, rollout) : LoadBothAsync(model, rollout));

    /// <summary>Drops what belongs to rollouts that have ended.</summary>
    public void Forget(Func<string, bool> isUnderWay)
    {
        foreach (var id in underWay.Keys.Where(id => !isUnderWay(id)))
        {
            underWay.TryRemove(id, out _);
        }
    }

    private async Task<string?> LoadBothAsync(ModelName model, Rollout rollout) =>
        await TryLoadAsync(model, rollout.Plan.Version)
        ?? (await TryLoadAsync(model, rollout.From) is { } reason ? $"nor can version {rollout.From}, which it is held against: {reason}" : null);

    /// <summary>Where there is no room for both: callers are sent to the new version already, and wait.</summary>
    private async Task<string?> ReplaceAsync(ModelName model, Rollout rollout)
    {
        if (models.Find(new ModelId(model, rollout.From)) is { } old)
        {
            await loader.ReleaseAsync(old, EvictionReason.Release);
        }

        return await TryLoadAsync(model, rollout.Plan.Version);
    }

    /// <summary>A lack of room may be over soon; any other failure is the version's.</summary>
    private async Task<string?> TryLoadAsync(ModelName model, ModelVersion version)
    {
        for (var start = time.GetTimestamp(); ;)
        {
            try
            {
                await loader.LoadNowAsync(models.Find(model, version), CancellationToken.None);
                return null;
            }
            catch (KreweException error) when (error.Code != KreweErrorCode.Overloaded || time.GetElapsedTime(start) >= RoomPatience)
            {
                return error.Message;
            }
            catch (KreweException)
            {
                await Task.Delay(RoomInterval, time);
            }
        }
    }
}
