using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Orleans.Storage;

namespace Krewe.Grains.Tests.Models;

/// <summary>
/// A database that a test can take down, or let lose its answers. It keeps plain JSON, so that a value which no ordinary serializer of
/// a storage can write is found out.
/// </summary>
internal sealed class SwitchedStorage : IGrainStorage
{
    private readonly ConcurrentDictionary<(string Name, GrainId Grain), (string Json, int Tag)> rows = [];
    private readonly Channel<string> written = Channel.CreateUnbounded<string>();

    /// <summary>States by this name cannot be reached; "*" for all.</summary>
    public string? Down { get; set; }

    /// <summary>Writes arrive, and nobody is told.</summary>
    public bool LosesAnswers { get; set; }

    /// <summary>What writes wait for.</summary>
    public Task Writing { get; set; } = Task.CompletedTask;

    public int Writes { get; private set; }

    /// <summary>The names of states, as they are written.</summary>
    public ChannelReader<string> Written => written;

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        ThrowIfDown(stateName);
        if (rows.TryGetValue((stateName, grainId), out var row))
        {
            (grainState.State, grainState.ETag, grainState.RecordExists) = (JsonSerializer.Deserialize<T>(row.Json)!, $"{row.Tag}", true);
        }

        return Task.CompletedTask;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await Writing;
        ThrowIfDown(stateName);
        var known = rows.GetValueOrDefault((stateName, grainId));
        if ((grainState.ETag ?? "0") != $"{known.Tag}")
        {
            throw new InconsistentStateException($"{stateName} is at {known.Tag}, not {grainState.ETag}");
        }

        rows[(stateName, grainId)] = (JsonSerializer.Serialize(grainState.State), known.Tag + 1);
        Writes++;
        written.Writer.TryWrite(stateName);
        if (LosesAnswers)
        {
            throw new TimeoutException("the connection broke");
        }

        (grainState.ETag, grainState.RecordExists) = ($"{known.Tag + 1}", true);
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => throw new NotSupportedException();

    private void ThrowIfDown(string stateName)
    {
        if (Down == "*" || Down == stateName)
        {
            throw new TimeoutException("no connection");
        }
    }
}
