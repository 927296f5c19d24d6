using Krewe.Abstractions.Models;
using Krewe.Onnx.Tiny;
using Krewe.Serving.Memory;
using Krewe.Serving.Tests.Hosting;
using Krewe.Serving.Tests.Repository;

namespace Krewe.Serving.Tests.Memory;

// What is measured is the whole process, so nothing else may run in it meanwhile.
[Collection(Alone.Name)]
public sealed class ReturnedMemoryTests
{
    [Fact]
    public async Task Freed_memory_is_returned_to_the_operating_system()
    {
        await using var serving = new ServingFixture();
        serving.Add("big", 1, TinyModels.Big(6 << 20));
        await serving.StartAsync();
        var model = ModelReference.Parse("big");
        var memory = serving.Get<ProcessMemory>();
        var readings = new List<long>();
        for (var i = 1; i <= 60; i++)
        {
            await serving.Host.LoadAsync(model, default);
            (await serving.InferAsync("big", Tensors.Longs("index", [1], 1))).Dispose();
            await serving.Host.UnloadAsync(model, default);
            readings.Add(NativeBytes(memory));
        }

        // Single readings jump by what is freed a moment later; what is not freed stays in the least of several.
        Assert.InRange(readings.TakeLast(10).Min(), 0, readings.Skip(5).Take(10).Min() + (64 << 20));
    }

    // The managed heap changes independently; only the sessions' memory must be returned.
    private static long NativeBytes(ProcessMemory memory)
    {
        GC.Collect();
        return memory.ResidentBytes - GC.GetGCMemoryInfo().TotalCommittedBytes;
    }
}
