using System.Collections.Concurrent;
using System.IO.MemoryMappedFiles;
using System.Net;
using System.Text;
using Krewe.Abstractions.Models;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Crashes;

/// <summary>
/// Records what native code is about to run in this process, in a memory-mapped file that survives a crash: the kernel keeps what was
/// written, however the process ends. Each thread has one record, written with plain stores. The file is created with the first record and
/// removed on a planned exit.
/// </summary>
public sealed unsafe partial class FlightRecorder : IDisposable
{
    private const int MaxThreads = 256;

    [ThreadStatic]
    private static Record? own;

    private readonly string folder;
    private readonly ILogger<FlightRecorder> logger;
    private readonly ConcurrentStack<int> free = new();
    private readonly Lock creating = new();
    private FileStream? file;
    private byte* memory;
    private volatile bool isOff;

    public FlightRecorder(ServingOptions options, ILogger<FlightRecorder> logger)
    {
        (folder, this.logger) = (options.EffectiveProcessFolder, logger);
        for (var i = MaxThreads; i > 0; i--)
        {
            free.Push(i - 1);
        }
    }

    /// <summary>The name of this process's file.</summary>
    public string Id { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Begins the load of a version on this thread; end it with <see cref="End"/>.</summary>
    internal void BeginLoad(ModelId model) =>
        Find()?.Write(NativeWork.Load, Encoding.UTF8.GetBytes(model.ToString()), 0, null, null, []);

    /// <summary>Begins a run on this thread; end it with <see cref="End"/>.</summary>
    /// <param name="kind">What kind of graph runs.</param>
    /// <param name="model">The version's name; the same array for each of its runs.</param>
    /// <param name="requests">How many requests it answers.</param>
    /// <param name="requestId">The id of the first one.</param>
    /// <param name="caller">Where the first one came from.</param>
    /// <param name="inputs">The hashes of their inputs; empty if they are unknown.</param>
    internal void BeginRun(
        NativeWork kind, byte[] model, int requests, string? requestId, IPAddress? caller, ReadOnlySpan<UInt128> inputs) =>
        Find()?.Write(kind, model, requests, requestId, caller, inputs);

    /// <summary>Ends what this thread began.</summary>
    internal void End()
    {
        if (own is { } record && record.Recorder == this)
        {
            record.Clear();
        }
    }

    /// <summary>Removes the file. Its memory stays: a run may outlast this.</summary>
    public void Dispose()
    {
        lock (creating)
        {
            isOff = true;
            if (file is not null)
            {
                File.Delete(file.Name);
                file.Dispose();
            }
        }
    }

    private Record? Find() => own is { } record && record.Recorder == this ? record : Take();

    /// <summary>The record of a thread that has none; null if there are too many threads, or no file can be written.</summary>
    private Record? Take() => !isOff && EnsureFile() && free.TryPop(out var index) ? own = new Record(this, index) : null;

    private bool EnsureFile()
    {
        lock (creating)
        {
            if (memory is not null || isOff)
            {
                return !isOff;
            }

            try
            {
                Directory.CreateDirectory(folder);

                // Locked until this process ends.
                file = new FileStream(
                    Path.Combine(folder, Id + ProcessEnds.Running), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
                file.SetLength(MaxThreads * FlightRecord.Length);
                using var mapped = MemoryMappedFile.CreateFromFile(
                    file, null, 0, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
                mapped.CreateViewAccessor().SafeMemoryMappedViewHandle.AcquirePointer(ref memory);
                return true;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                isOff = true;
                LogNotRecorded(folder, error.Message);
                return false;
            }
        }
    }

    [LoggerMessage(EventId = 180, Level = LogLevel.Information,
        Message = "Failed to record what models run: cannot write {Folder} ({Reason}). A model that ends this process will not be named")]
    private partial void LogNotRecorded(string folder, string reason);

    /// <summary>A thread's record. The garbage collector returns it after the thread has ended.</summary>
    private sealed class Record(FlightRecorder recorder, int index)
    {
        private readonly byte* start = recorder.memory + (index * FlightRecord.Length);
        private byte[] model = [];

        ~Record() => recorder.free.Push(index);

        public FlightRecorder Recorder => recorder;

        public void Write(
            NativeWork kind, byte[] version, int requests, string? requestId, IPAddress? caller, ReadOnlySpan<UInt128> inputs)
        {
            var record = new Span<byte>(start, FlightRecord.Length);
            if (model != version)
            {
                FlightRecord.WriteModel(record, version);
                model = version;
            }

            FlightRecord.WriteRun(record, requests, requestId, caller, inputs);

            // Written last, because a record without a kind counts as empty.
            Volatile.Write(ref *(int*)start, (int)kind);
        }

        public void Clear() => Volatile.Write(ref *(int*)start, 0);
    }
}
