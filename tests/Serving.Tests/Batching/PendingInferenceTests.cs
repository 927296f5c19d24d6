using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Serving.Batching;
using Krewe.Serving.Loading;
using Krewe.Serving.Versions;

namespace Krewe.Serving.Tests.Batching;

public sealed class PendingInferenceTests
{
    [Fact]
    public async Task The_lease_and_the_inputs_are_released_exactly_once()
    {
        for (var round = 0; round < 2_000; round++)
        {
            var owner = new Counted();
            var request = new InferenceRequest { Model = ModelReference.Parse("m"), Inputs = [], Owner = owner };
            var loaded = Leased();
            var pending = new PendingInference(request, loaded, [], 0, default, 0);

            await Task.WhenAll(
                Task.Run(() =>
                {
                    if (pending.TryTake())
                    {
                        pending.Answered(new InferenceResponse { Model = default, Outputs = [] });
                    }
                }),
                Task.Run(() => pending.Abandon(new CancellationToken(canceled: true))));
            request.Dispose();

            Assert.True(pending.Answer.IsCompleted);
            Assert.True(loaded.IsIdle);
            Assert.Equal(1, owner.Disposed);
        }
    }

    [Fact]
    public void An_answer_to_an_abandoned_request_is_disposed()
    {
        using var request = new InferenceRequest { Model = ModelReference.Parse("m"), Inputs = [] };
        var pending = new PendingInference(request, Leased(), [], 0, default, 0);
        var owner = new Counted();
        var output = Tensor.Create("y", TensorType.Float32, [0], default, owner);

        Assert.True(pending.TryTake());
        pending.Abandon(new CancellationToken(canceled: true));
        pending.Answered(new InferenceResponse { Model = default, Outputs = [output] });

        Assert.True(pending.Answer.IsCanceled);
        Assert.Equal(1, owner.Disposed);
    }

    [Fact]
    public async Task A_closed_model_drains_when_the_last_lease_is_back_and_not_before()
    {
        for (var round = 0; round < 500; round++)
        {
            var loaded = Leased();
            var leases = 1;
            await Task.WhenAll(
                Task.Run(loaded.Close),
                Task.Run(() =>
                {
                    if (loaded.TryLease())
                    {
                        Interlocked.Increment(ref leases);
                    }
                }));

            Assert.False(loaded.TryLease());
            for (; leases > 0; leases--)
            {
                Assert.False(loaded.Drained.IsCompleted);
                loaded.Return();
            }

            Assert.True(loaded.Drained.IsCompleted);
        }
    }

    /// <summary>A model without a session, with one lease out.</summary>
    private static LoadedModel Leased()
    {
        var loaded = new LoadedModel(new LoadedSession(null!, default, null!, 0), null!, null!, TimeProvider.System, static () => { });
        Assert.True(loaded.TryLease());
        return loaded;
    }

    private sealed class Counted : IDisposable
    {
        private int disposed;

        public int Disposed => disposed;

        public void Dispose() => Interlocked.Increment(ref disposed);
    }
}
