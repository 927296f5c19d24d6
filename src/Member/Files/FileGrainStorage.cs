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
/// Grain storage in a folder: one file per state, replaced atomically. Only the process that owns the folder writes, and only once there is
/// state. A file changed by anyone else is read again before it is overwritten.
/// </summary>
public sealed partial class FileGrainStorage(string folder, StateOwner owner, ILogger<FileGrainStorage> logger) : IGrainStorage
{
    private const string Extension = ".json";
    private static readonly TimeSpan RetryWhenUnreadable = TimeSpan.FromSeconds(10);
    private readonly EarlierFiles earlier = new(folder);
    private readonly SpareSpace spare = new(folder);
    private readonly ConcurrentDictionary<(string State, GrainId Grain), byte[]> memory = new();
    private readonly ConcurrentDictionary<string, DateTime> unreadable = new();
    private int isUnrecorded;

    /// <summary>The names of models with decisions; throws <see cref="KreweErrorCode.Unavailable"/> if the folder cannot be read.</summary>
    public async Task<IReadOnlyList<string>> ListDecidedAsync()
    {
        try
        {
            return await BlockAsync(
                () => List(Path.Combine(folder, StateKind.Decisions.Folder!)).Union(List(earlier.DecisionsFolder)).ToArray());
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw KreweException.Unavailable($"the state folder '{folder}' cannot be read: {error.Message}", null, error);
        }
    }

    /// <summary>Makes this process the writer; false if another process is, or the folder is read-only.</summary>
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
            LogStartsOver(error, PathOf(kind, grainId));
        }

        (grainState.ETag, grainState.RecordExists) = (content is null ? null : TagOf(content), content is not null);
        if (kind.IsDecision && unreadable.TryRemove(KeyOf(grainId), out _))
        {
            LogReadable(KeyOf(grainId));
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
                        "another process stores its decisions in this state folder: send changes to that one, or give each process its own "
                            + "folder with --state");
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
                "the change was not stored and not applied: the state folder needs free space, and this process permission to write to it; "
                    + "--state selects another folder", error);
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
            WarnUnrecorded(error);
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
            Write(path, content, kind.IsDurable);
        }

        if (earlier.PathOf(kind, KeyOf(grain)) is { } former && File.Exists(former))
        {
            File.Delete(former);
        }
    }

    private void Write(string path, byte[] content, bool flush)
    {
        try
        {
            AtomicFile.Write(path, content, flush);
            spare.Keep();
        }
        catch (IOException error) when (FileFault.IsFull(error) && spare.TryFree())
        {
            AtomicFile.Write(path, content, flush);
        }
    }

    private byte[]? Read(StateKind kind, GrainId grain)
    {
        var path = PathOf(kind, grain);
        try
        {
            return AtomicFile.Read(path) ?? ReadEarlier(kind, KeyOf(grain), ref path);
        }
        catch (Exception error) when (kind.IsDecision && error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw Unreadable(error, path, grain);
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            LogStartsOver(error, path);
            return null;
        }
    }

    private byte[]? ReadEarlier(StateKind kind, string key, ref string path)
    {
        if (earlier.PathOf(kind, key) is not { } former || AtomicFile.Read(former) is not { } content)
        {
            return null;
        }

        path = former;
        return EarlierFiles.Convert(kind, content);
    }

    /// <summary>
    /// A write never leaves half a file, so an unreadable one was changed from outside. Logged once per change of the file.
    /// </summary>
    private KreweException Unreadable(Exception error, string path, GrainId grain)
    {
        var changed = File.GetLastWriteTimeUtc(path);
        if (!unreadable.TryGetValue(KeyOf(grain), out var logged) || logged != changed)
        {
            unreadable[KeyOf(grain)] = changed;
            LogUnreadable(error, KeyOf(grain), path);
        }

        return KreweException.Unavailable(
            $"the stored routes of model '{KeyOf(grain)}' cannot be read, so only calls with a version number are answered; fix the file "
            + "that the server's log names",
            RetryWhenUnreadable, error);
    }

    /// <summary>Loads of another process are irrelevant to this one.</summary>
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
            WarnUnrecorded(error);
            return true;
        }
    }

    private void WarnUnrecorded(Exception error)
    {
        if (Interlocked.Exchange(ref isUnrecorded, 1) == 0)
        {
            LogUnrecorded(folder, error.Message);
        }
    }

    /// <summary>Stale content is worse than none.</summary>
    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It then counts as a crash, which the next successful load clears.
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

    /// <summary>Grain keys are model names, some with a version; a name contains no '@'.</summary>
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

    /// <summary>Flushing to disk takes milliseconds and may take seconds: it blocks a thread of its own.</summary>
    private static Task<T> BlockAsync<T>(Func<T> work) => Task.Factory.StartNew(
        work, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    [LoggerMessage(EventId = 515, Level = LogLevel.Error,
        Message = "Model {Model}: failed to read its stored routes from {File}; calls without a version number are refused until the "
        + "file is fixed or removed")]
    private partial void LogUnreadable(Exception error, string model, string file);

    [LoggerMessage(EventId = 516, Level = LogLevel.Error, Message = "Failed to read the counts in {File}; starting over without them")]
    private partial void LogStartsOver(Exception error, string file);

    [LoggerMessage(EventId = 517, Level = LogLevel.Error, Message = "Failed to store a change in {Folder}; it is refused")]
    private partial void LogWriteFailed(Exception error, string folder);

    [LoggerMessage(
        EventId = 518, Level = LogLevel.Information, Message = "Model {Model}: its stored routes can be read again")]
    private partial void LogReadable(string model);

    [LoggerMessage(EventId = 519, Level = LogLevel.Warning,
        Message = "Failed to write to {Folder}: {Reason} Crashes are not recorded, so a version whose load crashes the process is loaded "
        + "again after each start; point --state to a writable folder")]
    private partial void LogUnrecorded(string folder, string reason);
}
