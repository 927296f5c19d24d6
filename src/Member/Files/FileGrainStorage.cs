using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Files;
using Krewe.Abstractions.Models;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Krewe.Member.Files;

/// <summary>
/// Keeps the states of our grains in a folder: one file for each, which is replaced whole. Nothing is written before there is something to
/// say, and only by the process that owns the folder. A file that somebody else has changed is read again before it is written over.
/// </summary>
public sealed partial class FileGrainStorage(string folder, StateOwner owner, ILogger<FileGrainStorage> logger) : IGrainStorage
{
    private const string Extension = ".json";
    private static readonly TimeSpan RetryWhenUnreadable = TimeSpan.FromSeconds(10);
    private readonly EarlierFiles earlier = new(folder);
    private readonly ConcurrentDictionary<(string State, GrainId Grain), byte[]> memory = new();
    private readonly ConcurrentDictionary<string, DateTime> unreadable = new();
    private int isUnrecorded;

    /// <summary>
    /// The models about which something was decided, by name; throws <see cref="KreweErrorCode.Unavailable"/> where that cannot be read.
    /// </summary>
    public async Task<IReadOnlyList<string>> ListDecidedAsync()
    {
        try
        {
            return await BlockAsync(
                () => List(Path.Combine(folder, StateKind.Decisions.Folder!)).Union(List(earlier.DecisionsFolder)).ToArray());
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw KreweException.Unavailable($"the folder of state '{folder}' cannot be read: {error.Message}", null, error);
        }
    }

    /// <summary>Makes this process the one that writes; false where another one is, or where nobody may.</summary>
    public async Task<bool> TryOwnAsync()
    {
        try
        {
            return await BlockAsync(owner.TryTake);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var kind = StateKind.Of(stateName);
        var content = IsInMemory(kind) ? memory.GetValueOrDefault((stateName, grainId))
            : kind.IsDurable ? await BlockAsync(() => Read(kind, grainId))
            : Read(kind, grainId);
        try
        {
            grainState.State = content is null ? grainState.State : StateText.Read<T>(kind, content);
        }
        catch (JsonException error) when (kind.IsDecision)
        {
            throw Unreadable(error, PathOf(kind, grainId), grainId);
        }
        catch (JsonException error)
        {
            LogBeginsAnew(error, PathOf(kind, grainId));
        }

        (grainState.ETag, grainState.RecordExists) = (content is null ? null : TagOf(content), content is not null);
        if (kind.IsDecision && unreadable.TryRemove(KeyOf(grainId), out _))
        {
            LogMended(KeyOf(grainId));
        }
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var kind = StateKind.Of(stateName);
        return ReplaceAsync(stateName, kind, grainId, grainState, StateText.Write(grainState.State));
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await ReplaceAsync(stateName, StateKind.Of(stateName), grainId, grainState, null);
        grainState.RecordExists = false;
    }

    private async Task ReplaceAsync<T>(string stateName, StateKind kind, GrainId grain, IGrainState<T> state, byte[]? content)
    {
        if (IsInMemory(kind))
        {
            var key = (stateName, grain);
            Check(memory.GetValueOrDefault(key), state);
            if (content is null)
            {
                memory.TryRemove(key, out _);
            }
            else
            {
                memory[key] = content;
            }
        }
        else if (kind.IsDurable)
        {
            await StoreAsync(kind, grain, state, content);
        }
        else
        {
            TryReplace(kind, grain, state, content);
        }

        (state.ETag, state.RecordExists) = (content is null ? null : TagOf(content), content is not null);
    }

    private async Task StoreAsync<T>(StateKind kind, GrainId grain, IGrainState<T> state, byte[]? content)
    {
        try
        {
            await BlockAsync(() =>
            {
                if (!owner.TryTake())
                {
                    throw KreweException.Conflict(
                        "another process keeps its decisions in this folder of state: ask that one, or give each process a folder of its "
                            + "own with --state");
                }

                Replace(kind, grain, state, content);
                return true;
            });
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            LogWriteFailed(error, folder);
            throw new KreweException(
                FileFault.IsFull(error) ? KreweErrorCode.StorageFull : KreweErrorCode.Unavailable,
                "the decision could not be stored and was not taken: the folder of state needs room, and this process the right to write "
                    + "there; "
                + "the option --state names another one", error);
        }
    }

    private void TryReplace<T>(StateKind kind, GrainId grain, IGrainState<T> state, byte[]? content)
    {
        try
        {
            Replace(kind, grain, state, content);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            TellUnrecorded(error);
            TryDelete(PathOf(kind, grain));
        }
    }

    private void Replace<T>(StateKind kind, GrainId grain, IGrainState<T> state, byte[]? content)
    {
        Check(Read(kind, grain), state);
        var path = PathOf(kind, grain);
        if (content is null)
        {
            File.Delete(path);
        }
        else
        {
            WholeFile.Write(path, content, kind.IsDurable);
        }

        if (earlier.PathOf(kind, KeyOf(grain)) is { } former && File.Exists(former))
        {
            File.Delete(former);
        }
    }

    private byte[]? Read(StateKind kind, GrainId grain)
    {
        var path = PathOf(kind, grain);
        try
        {
            return WholeFile.Read(path) ?? ReadEarlier(kind, KeyOf(grain), ref path);
        }
        catch (Exception error) when (kind.IsDecision && error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw Unreadable(error, path, grain);
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            LogBeginsAnew(error, path);
            return null;
        }
    }

    private byte[]? ReadEarlier(StateKind kind, string key, ref string path)
    {
        if (earlier.PathOf(kind, key) is not { } former || WholeFile.Read(former) is not { } content)
        {
            return null;
        }

        path = former;
        return EarlierFiles.Convert(kind, content);
    }

    /// <summary>
    /// What cannot be read is an operator's doing, a write never leaves half a file. It is said once for each time that somebody touches
    /// it.
    /// </summary>
    private KreweException Unreadable(Exception error, string path, GrainId grain)
    {
        var touched = File.GetLastWriteTimeUtc(path);
        if (!unreadable.TryGetValue(KeyOf(grain), out var said) || said != touched)
        {
            unreadable[KeyOf(grain)] = touched;
            LogUnreadable(error, KeyOf(grain), path);
        }

        return KreweException.Unavailable(
            $"what was decided about the traffic of model '{KeyOf(grain)}' cannot be read, so that only calls which name a version number "
            + "are answered; the server's log names the file that is to be mended",
            RetryWhenUnreadable, error);
    }

    /// <summary>Another process's loads say nothing about this one's.</summary>
    private bool IsInMemory(StateKind kind)
    {
        if (kind.Folder is null || kind.IsDurable)
        {
            return kind.Folder is null;
        }

        try
        {
            return !owner.TryTake();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            TellUnrecorded(error);
            return true;
        }
    }

    private void TellUnrecorded(Exception error)
    {
        if (Interlocked.Exchange(ref isUnrecorded, 1) == 0)
        {
            LogUnrecorded(folder, error.Message);
        }
    }

    /// <summary>What is not true any more is worse than nothing.</summary>
    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Then it counts as a load that ended the process, and is forgiven with the next that does not.
        }
    }

    private static void Check<T>(byte[]? present, IGrainState<T> state)
    {
        var tag = present is null ? null : TagOf(present);
        if (tag != state.ETag)
        {
            throw new InconsistentStateException("the state was changed since it was read", tag ?? "", state.ETag ?? "");
        }
    }

    private static string TagOf(byte[] content) => Convert.ToHexString(SHA256.HashData(content).AsSpan(0, 8));

    private static string KeyOf(GrainId grain) => grain.Key.ToString()!;

    /// <summary>The keys of our grains are names of models, some with a version; a name has no '@'.</summary>
    private string PathOf(StateKind kind, GrainId grain)
    {
        var key = KeyOf(grain).Replace('/', '@');
        return Path.GetFileName(key) == key && key[0] != '.'
            ? Path.Combine(folder, kind.Folder ?? "", key + Extension)
            : throw new ArgumentException($"grain {grain} cannot be kept in a file");
    }

    private static IEnumerable<string> List(string folder) => !Directory.Exists(folder) ? [] :
        Directory.EnumerateFiles(folder, "*" + Extension).Select(static file => Path.GetFileNameWithoutExtension(file))
            .Where(static name => ModelName.TryParse(name, out _));

    /// <summary>Bringing something to disk takes milliseconds, and may take seconds: on a thread of its own.</summary>
    private static Task<T> BlockAsync<T>(Func<T> work) => Task.Factory.StartNew(
        work, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    [LoggerMessage(EventId = 515, Level = LogLevel.Error,
        Message = "Model {Model}: what was decided about its traffic cannot be read from {File}. Calls that name no version number are "
            + "refused until the file is mended or removed")]
    private partial void LogUnreadable(Exception error, string model, string file);

    [LoggerMessage(EventId = 516, Level = LogLevel.Error, Message = "What was counted cannot be read from {File} and begins anew")]
    private partial void LogBeginsAnew(Exception error, string file);

    [LoggerMessage(EventId = 517, Level = LogLevel.Error, Message = "A decision could not be stored in {Folder}")]
    private partial void LogWriteFailed(Exception error, string folder);

    [LoggerMessage(
        EventId = 518, Level = LogLevel.Information, Message = "Model {Model}: what was decided about its traffic can be read again")]
    private partial void LogMended(string model);

    [LoggerMessage(EventId = 519, Level = LogLevel.Warning,
        Message = "Nothing can be recorded in {Folder}: {Reason} A version whose load ends the process is loaded again after each start, "
            + "until --state names a folder that can be written")]
    private partial void LogUnrecorded(string folder, string reason);
}
