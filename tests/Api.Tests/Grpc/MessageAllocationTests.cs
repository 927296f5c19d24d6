using System.Buffers;
using Google.Protobuf;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Grpc.Messages;
using Krewe.Api.Grpc.Wire;
using Krewe.Api.Settings;

namespace Krewe.Api.Tests.Grpc;

public sealed class MessageAllocationTests
{
    [Theory]
    [InlineData(TensorType.Float32, true)]
    [InlineData(TensorType.Float32, false)]
    [InlineData(TensorType.Int64, false)]
    [InlineData(TensorType.UInt8, false)]
    [InlineData(TensorType.Bool, false)]
    public void What_reading_and_writing_allocate_does_not_grow_with_the_elements(TensorType type, bool isRaw)
    {
        var (few, many) = (Measure(type, isRaw, 10), Measure(type, isRaw, 8000));

        Assert.InRange(many - few, -64, 64);
        Assert.InRange(many, 0, 1500);
    }

    private static long Measure(TensorType type, bool isRaw, int count)
    {
        var tensor = Tensor.Create("x", type, [count], new byte[count * type.ElementSize()]);
        var bytes = new ReadOnlySequence<byte>(ProtoTensors.RequestOf(isRaw, tensor).ToByteArray());
        var (limits, output, least) = (new ApiLimits(), new ArrayBufferWriter<byte>(1 << 20), long.MaxValue);
        for (var i = 0; i < 20; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var message = InferMessageReader.Read(bytes, limits);
            using (message.ToRequest(limits, null, null))
            {
                output.ResetWrittenCount();
                var writer = new WireWriter(output);
                using var reply = InferReply.Of(message, new InferenceResponse
                {
                    Model = new ModelId(ModelName.Parse("m"), new ModelVersion(1)), Outputs = message.Draft.Inputs,
                });
                reply.Write(ref writer);
                writer.Complete();
                Assert.True(reply.Size == output.WrittenCount);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
