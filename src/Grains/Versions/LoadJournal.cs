using Orleans.Storage;

namespace Krewe.Grains;

/// <summary>
/// The durable <see cref="LoadRecord"/> of one version. It is read at its first use and not at the activation, so that a version
/// without a database still scales. One change at a time.
/// </summary>
internal sealed class LoadJournal(IGrainStorage storage, GrainId grain)
{
    /// <summary>The name of the grain storage.</summary>
    public const string StorageName = "krewe";

    private const string StateName = "loads";
    private const int MaxAttempts = 4;
    private SemaphoreSlim Turn { get; } = new(1, 1);
    private GrainState<LoadRecord>? state;

    /// <summary>The record as last read or written.</summary>
    public LoadRecord Current => state?.State ?? LoadRecord.Empty;

    /// <summary>Changes the record; done when that is durable. An unchanged record is not written.</summary>
    public async Task<T> ChangeAsync<T>(Func<LoadRecord, Task<(LoadRecord Record, T Result)>> change)
    {
        await Turn.WaitAsync();
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return await TryChangeAsync(change);
                }
                catch (InconsistentStateException) when (attempt < MaxAttempts)
                {
                    // Another activation of this grain wrote, which can happen for a moment after a failure: read, and decide again.
                    state = null;
                }
            }
        }
        catch
        {
            // Whether it was written is unknown.
            state = null;
            throw;
        }
        finally
        {
            Turn.Release();
        }
    }

    private async Task<T> TryChangeAsync<T>(Func<LoadRecord, Task<(LoadRecord Record, T Result)>> change)
    {
        if (state is null)
        {
            var read = new GrainState<LoadRecord>();
            await storage.ReadStateAsync(StateName, grain, read);
            read.State ??= LoadRecord.Empty;
            state = read;
        }

        var before = state.State ?? LoadRecord.Empty;
        var (after, result) = await change(before);
        if (!ReferenceEquals(after, before))
        {
            state.State = after;
            await storage.WriteStateAsync(StateName, grain, state);
        }

        return result;
    }
}
