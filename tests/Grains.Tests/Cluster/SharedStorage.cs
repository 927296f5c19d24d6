using System.Collections.Concurrent;
using Orleans.Storage;

namespace Krewe.Grains.Tests.Cluster;

/// <summary>Grain storage shared by the silos of one process; it can be switched off, as a database can.</summary>
internal sealed class SharedStorage : IGrainStorage
{
    private readonly ConcurrentDictionary<(string, GrainId), (object? State, string Tag)> rows = new();
    private int writes;
    private volatile bool isDown;

    public bool IsDown
    {
        get => isDown;
        set => isDown = value;
    }

    public int Writes => Volatile.Read(ref writes);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        ThrowIfDown();
        var (state, tag) = rows.GetValueOrDefault((stateName, grainId));
        (grainState.State, grainState.ETag, grainState.RecordExists) = ((T?)state!, tag, state is not null);
        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        ThrowIfDown();
        var tag = $"{Interlocked.Increment(ref writes)}";
        var (_, stored) = rows.AddOrUpdate(
            (stateName, grainId), _ => (grainState.State, tag), (_, row) => row.Tag == grainState.ETag ? (grainState.State, tag) : row);
        if (stored != tag)
        {
            throw new InconsistentStateException("another writer was first");
        }

        (grainState.ETag, grainState.RecordExists) = (tag, true);
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        ThrowIfDown();
        rows.TryRemove((stateName, grainId), out _);
        return Task.CompletedTask;
    }

    private void ThrowIfDown()
    {
        if (isDown)
        {
            throw new IOException("the database does not answer");
        }
    }
}
