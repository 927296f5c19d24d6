using System.Text.Json;
using Krewe.Abstractions;
using Krewe.Rollouts;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

/// <summary>
/// What was decided and counted, on disk: a file of each for every model about which something was ever decided. Nothing is written before
/// that. Members block or run on a thread of their own; for one model they are called one at a time.
/// </summary>
internal sealed partial class TrafficStore(string folder, StateOwner owner, ILogger<TrafficStore> logger)
{
    private const string Extension = ".json";
    private readonly string decisions = Path.Combine(folder, "traffic");
    private readonly string counts = Path.Combine(folder, "counts");

    /// <summary>Whether this process is the one that writes.</summary>
    public bool IsOwner => owner.IsTaken;

    /// <summary>The models about which something was decided; throws <see cref="KreweErrorCode.Unavailable"/> where the folder cannot be read.</summary>
    public async Task<IReadOnlyList<ModelName>> ListAsync()
    {
        try
        {
            return await RepositoryLook.BlockAsync(List);
        }
        catch (Exception error) when (StorageFault.Is(error))
        {
            throw KreweException.Unavailable($"the folder of state '{folder}' cannot be read: {error.Message}", null, error);
        }
    }

    /// <summary>When what is decided about a model was last written, by whomever.</summary>
    public DateTime LastWritten(ModelName model) => File.GetLastWriteTimeUtc(DecisionsOf(model));

    /// <summary>What is stored of a model. What cannot be read is an operator's doing: a write never leaves half a file.</summary>
    public StoredTraffic Read(ModelName model)
    {
        try
        {
            return WholeFile.Read(DecisionsOf(model)) is { } json
                ? new StoredTraffic(TrafficJson.ReadTraffic(json), ReadCounts(model))
                : StoredTraffic.None;
        }
        catch (Exception error) when (error is JsonException || StorageFault.Is(error))
        {
            LogUnreadable(error, model, DecisionsOf(model));
            return StoredTraffic.None with
            {
                Error = $"what was decided about the traffic of model '{model}' cannot be read, so that only calls which name a version number "
                    + "are answered; the server's log names the file that is to be mended",
            };
        }
    }

    /// <summary>Makes this process the one that writes; false where another one is. Throws as <see cref="WriteAsync"/> does.</summary>
    public Task<bool> TryOwnAsync() => BlockAsync(owner.TryTake);

    /// <summary>
    /// Stores a decision, with the counts it rests on; durable when this returns. Only for the owner. Throws <see cref="KreweException"/>,
    /// and then nothing was decided.
    /// </summary>
    public Task WriteAsync(ModelName model, StoredTraffic stored) => BlockAsync(() =>
    {
        WholeFile.Write(CountsOf(model), TrafficJson.Write(stored.Counts));
        WholeFile.Write(DecisionsOf(model), TrafficJson.Write(stored.Traffic));
        return true;
    });

    private ModelName[] List() => !Directory.Exists(decisions) ? [] :
    [
        .. Directory.EnumerateFiles(decisions, "*" + Extension)
            .Select(file => ModelName.TryParse(Path.GetFileNameWithoutExtension(file), out var name) ? name : default)
            .Where(static name => name != default),
    ];

    private RolloutCounts ReadCounts(ModelName model)
    {
        try
        {
            return WholeFile.Read(CountsOf(model)) is { } json ? TrafficJson.ReadCounts(json) : RolloutCounts.None;
        }
        catch (Exception error) when (error is JsonException || StorageFault.Is(error))
        {
            LogCountsLost(error, model, CountsOf(model));
            return RolloutCounts.None;
        }
    }

    private async Task<T> BlockAsync<T>(Func<T> work)
    {
        try
        {
            return await RepositoryLook.BlockAsync(work);
        }
        catch (Exception error) when (StorageFault.Is(error))
        {
            LogWriteFailed(error, folder);
            throw new KreweException(
                StorageFault.Translate(error).Code,
                "the decision could not be stored and was not taken: the folder of state needs room, and this process the right to write there; "
                + "the option --state names another one", error);
        }
    }

    private string DecisionsOf(ModelName model) => Path.Combine(decisions, model.Value + Extension);

    private string CountsOf(ModelName model) => Path.Combine(counts, model.Value + Extension);
}
