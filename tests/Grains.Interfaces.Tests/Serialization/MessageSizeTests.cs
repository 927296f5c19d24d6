using FsCheck.Fluent;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Grains.Interfaces.Serialization.Messages;

namespace Krewe.Grains.Interfaces.Tests.Serialization;

public sealed class MessageSizeTests
{
    [Fact]
    public void The_size_of_a_request_is_a_close_bound() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            using var request = new InferenceRequest
            {
                Model = ModelReference.Parse(new string('m', random.Next(1, 129)), random.Next(2) == 0 ? null : new string('a', random.Next(1, 65))),
                Id = random.Next(2) == 0 ? null : new string('\u20ac', random.Next(1000)),
                Timeout = TimeSpan.FromTicks(random.NextInt64()),
                Inputs = Any(random),
                RequestedOutputs = [.. Enumerable.Range(0, random.Next(20)).Select(_ => new string('\u20ac', random.Next(50)))],
            };
            AssertClose(Wire.ToBytes(request).Length, MessageSize.Of(request), request.Inputs.Count);
        }).Hold(500);

    [Fact]
    public void The_size_of_a_response_is_a_close_bound() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var reply = Tensors.Reply(Any(new Random(seed)));
            var size = MessageSize.Of(reply.Response!);
            AssertClose(Wire.ToBytes(reply).Length, size, reply.Response!.Outputs.Count);
        }).Hold(500);

    private static void AssertClose(long actual, long bound, int tensors) =>
        Assert.InRange(bound, actual + 512, (3 * actual) + 1024 + (100 * tensors));

    private static Tensor[] Any(Random random)
    {
        var types = Enum.GetValues<TensorType>();
        return [.. Enumerable.Range(0, random.Next(30))
            .Select(_ => Tensors.Random(random, new string('\u20ac', random.Next(50)), types[random.Next(types.Length)]))];
    }
}
