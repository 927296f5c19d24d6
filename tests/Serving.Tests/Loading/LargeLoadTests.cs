using System.Collections.Concurrent;
using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Onnx.Tiny;
using Krewe.Processes;
using Krewe.Serving.Memory;
using Krewe.Serving.Publishing;
using Krewe.Serving.Statistics;
using Krewe.Serving.Tests.Execution;
using Krewe.Serving.Tests.Hosting;
using Krewe.Serving.Tests.Repository;
using Krewe.Serving.Versions;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Serving.Tests.Loading;

/// <summary>
/// What the thread of lowest priority must not do, because it would hold a lock of the budget, the C library's heaps or the timers while
/// it is preempted: calls and other loads would wait for it.
/// </summary>
[Collection(Alone.Name)]
public sealed class LargeLoadTests
{
    private const long Large = 33L << 20;
    private readonly WatchedMemory memory = new();
    private readonly RunningTime time = new();
    private readonly ConcurrentQueue<int> timers = [];

    [Fact]
    public async Task A_large_model_is_reserved_measured_and_put_into_service_by_other_threads()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "threads have a niceness of their own on Linux alone");
        await using var serving = await StartAsync();

        for (var version = 1; version <= 3; version++)
        {
            await InferAsync(serving, version);
        }

        Assert.NotEmpty(memory.Niceness);
        Assert.NotEmpty(timers);
        Assert.DoesNotContain(Niceness.Lowest, memory.Niceness.Concat(timers));
        Assert.InRange(serving.Get<ServingCounters>().Evictions(EvictionReason.Budget), 1, 3);
    }

    [Fact]
    public async Task A_trial_load_holds_a_permit_too()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "threads have a niceness of their own on Linux alone");
        await using var serving = await StartAsync();
        var version = serving.Get<ServedModels>().Find(new ModelId(ModelName.Parse("large"), new ModelVersion(1)))!.Artifact;
        memory.Niceness.Clear();

        await serving.Get<TrialLoad>().RunAsync(version, TestContext.Current.CancellationToken);

        Assert.NotEmpty(memory.Niceness);
        Assert.DoesNotContain(Niceness.Lowest, memory.Niceness);
        Assert.Equal(0, serving.Get<MemoryBudget>().AccountedBytes);
    }

    [Fact]
    public async Task One_that_cannot_be_loaded_gives_back_what_was_reserved_for_it()
    {
        await using var serving = await StartAsync();
        var error = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("elsewhere", Tensors.Longs("index", [1], 1)));

        Assert.Contains("requires execution provider Cuda", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, serving.Get<MemoryBudget>().AccountedBytes);
        await InferAsync(serving, 1);
    }

    [Fact]
    public void Buffers_are_kept_without_a_lock()
    {
        var pool = typeof(PooledBuffer).Assembly.GetTypes().Single(static type => type.Name == "PinnedArrayPool");
        var fields = pool.GetNestedTypes(System.Reflection.BindingFlags.NonPublic).Append(pool)
            .SelectMany(static type => type.GetFields(System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic));

        Assert.DoesNotContain(fields, static field => field.FieldType == typeof(Lock) || field.FieldType == typeof(object));
    }

    [Fact]
    public void Buffers_are_given_to_one_at_a_time_and_not_kept_without_bound()
    {
        Parallel.For(0, 8, static number =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                using var buffer = PooledBuffer.Rent(100);
                buffer.Span.Fill((byte)number);
                Assert.True(buffer.Span.IndexOfAnyExcept((byte)number) < 0, "somebody else wrote into a rented buffer");
            }
        });
        var kept = Enumerable.Range(0, 1_000).Select(static _ => PooledBuffer.Rent(100)).ToList();
        kept.ForEach(static buffer => buffer.Dispose());

        Assert.InRange(CountKept(), 200, 256);
    }

    /// <summary>How many arrays of the smallest size are not new.</summary>
    private static int CountKept()
    {
        var (rented, before) = (new List<PooledBuffer>(1_000), GC.GetAllocatedBytesForCurrentThread());
        for (var kept = 0; ; kept++)
        {
            rented.Add(PooledBuffer.Rent(100));
            if (GC.GetAllocatedBytesForCurrentThread() - before > 256)
            {
                rented.ForEach(static buffer => buffer.Dispose());
                return kept;
            }

            before = GC.GetAllocatedBytesForCurrentThread();
        }
    }

    private async Task InferAsync(ServingFixture serving, int version)
    {
        var call = serving.InferAsync("large", version, Tensors.Longs("index", [1], 1));
        await time.RunAsync(TimeSpan.FromMilliseconds(1), call);
        (await call).Dispose();
    }

    private async Task<ServingFixture> StartAsync()
    {
        // The queue of a session makes a timer when the session is put into service.
        time.TimerMade = _ => timers.Enqueue(Niceness.OfThisThread());
        var serving = new ServingFixture
        {
            Replace = services => services.AddSingleton<ProcessMemory>(memory).AddSingleton<TimeProvider>(time),
        };
        for (var version = 1; version <= 3; version++)
        {
            serving.Add("large", version, TinyModels.Big(Large, (ulong)version), """{"maxQueueDelayMicroseconds": 1, "maxBatchSize": 2}""");
        }

        serving.Add("elsewhere", 1, TinyModels.Big(Large), """{"executionProvider": "cuda", "executionProviderRequired": true}""");
        await serving.StartAsync(options =>
        {
            options.MemoryBudgetBytes = 3 * Large;
            options.LoadThreads = 2;
            options.Devices = [ExecutionProvider.Cpu];
        });
        return serving;
    }

    private sealed class WatchedMemory : ProcessMemory
    {
        private readonly ProcessMemory real = Create();

        public ConcurrentQueue<int> Niceness { get; } = new();

        public override long NativeBytesInUse
        {
            get
            {
                Niceness.Enqueue(Tests.Execution.Niceness.OfThisThread());
                return real.NativeBytesInUse;
            }
        }

        public override long ResidentBytes => real.ResidentBytes;

        public override void ReturnFreeMemory()
        {
            Niceness.Enqueue(Tests.Execution.Niceness.OfThisThread());
            real.ReturnFreeMemory();
        }
    }
}
