using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Serving.Batching;
using Krewe.Serving.OnnxRuntime;

namespace Krewe.Serving.Tests.Batching;

public sealed class BatchPlanTests
{
    [Theory]
    [InlineData(0, 0, 0, 0, false)]
    [InlineData(1, 0, 0, 0, true)]
    [InlineData(1, 0, 32, 0, true)]
    [InlineData(1, 1, 1, 50, true)]
    [InlineData(1, 1, 1, 49, false)]
    [InlineData(15, 1, 32, 1000, false)]
    [InlineData(16, 1, 32, 1000, true)]
    [InlineData(0, 1, 1, 1000, false)]
    public void A_first_run_is_always_worth_it_a_further_one_when_half_a_batch_has_gathered_and_runs_take_their_time(
        int waiting, int active, int lastTaken, int lastMicroseconds, bool expected) =>
        Assert.Equal(expected, BatchPlan.IsWorthARun(waiting, active, lastTaken, TimeSpan.FromMicroseconds(lastMicroseconds)));

    [Theory]
    [InlineData(0, 100, true)]
    [InlineData(30, 2, true)]
    [InlineData(30, 3, false)]
    public void A_batch_keeps_within_its_rows_but_for_a_first_request_that_is_split_later(int taken, int rows, bool expected) =>
        Assert.Equal(expected, BatchPlan.Fits(Pending(rows), Pending(rows), taken, maxBatchSize: 32));

    [Fact]
    public void Only_compatible_requests_are_batched()
    {
        var first = Pending(2, [2, 4]);

        Assert.True(BatchPlan.Fits(first, Pending(3, [3, 4]), 2, 32));
        Assert.False(BatchPlan.Fits(first, Pending(2, [2, 5]), 2, 32));
        Assert.False(BatchPlan.Fits(first, Pending(0, [2, 4]), 2, 32));
        Assert.False(BatchPlan.Fits(first, Pending(2, [2, 4], "label"), 2, 32));
        Assert.True(BatchPlan.Fits(Pending(1, [1, 4], "label"), Pending(2, [2, 4], "label"), 1, 32));
    }

    private static PendingInference Pending(int rows, long[]? shape = null, params string[] outputs) => new(
        new InferenceRequest { Model = ModelReference.Parse("m"), Inputs = [] }, null!,
        [new TensorData(TensorType.Float32, shape ?? [rows, 4], default)], rows, outputs.Length == 0 ? default : [.. outputs], 0);
}
