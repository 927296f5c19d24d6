using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tensors;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Interfaces.Serialization.Messages;

namespace Krewe.Grains.Interfaces.Tests.Serialization;

public sealed class ReplyCodecTests
{
    [Fact]
    public void An_answer_travels()
    {
        Tensor[] outputs = [Tensors.Floats("y", 1, 2), Tensors.Strings("label", "seven"), Tensor.Create("e", TensorType.Bool, [0, 3], default)];
        var received = Wire.Travel(Tensors.Reply(outputs));

        Assert.Equal("S127.0.0.1:11111:5", received.Silo);
        Assert.Equal(2, received.Replicas);
        Assert.Null(received.Fault);
        Assert.Equal("digits/3", received.Response!.Model.ToString());
        Tensors.AssertEqual(outputs, received.Response.Outputs);
        received.Response.Dispose();
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(1_500, true)]
    public void A_fault_travels(int? retryAfter, bool tryElsewhere)
    {
        var wait = retryAfter is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : default(TimeSpan?);
        foreach (var code in Enum.GetValues<KreweErrorCode>())
        {
            var fault = new ReplicaFault(code, "the queue is full", wait, tryElsewhere, IsStale: !tryElsewhere);
            var received = Wire.Travel(new ReplicaReply { Silo = "s", Replicas = 0, Fault = fault });

            Assert.Equal(fault, received.Fault);
            Assert.Null(received.Response);
            Assert.Equal(0, received.Replicas);
        }
    }

    [Fact]
    public void The_first_writing_releases_the_outputs_and_a_second_is_refused()
    {
        var released = 0;
        var reply = Tensors.Reply(Tensors.Owned("y", 1000, () => released++), Tensors.Owned("z", 10, () => released++));

        var bytes = Wire.ToBytes(reply);

        Assert.Equal(2, released);
        Assert.Throws<ReplyLostException>(() => Wire.ToBytes(reply));
        Assert.Equal(2, released);
        var received = Wire.FromBytes<ReplicaReply>(bytes);
        Assert.All(received.Response!.Outputs, output => Assert.True(output.Data.Span.IndexOfAnyExcept((byte)7) < 0));
        received.Response.Dispose();
    }

    [Fact]
    public void A_writing_that_fails_releases_the_outputs_too()
    {
        var released = 0;
        var broken = Tensor.CreateTrusted("broken", TensorType.UInt8, [10], 10, new Lost().Memory);
        var reply = Tensors.Reply(Tensors.Owned("y", 100, () => released++), broken);

        Assert.Throws<ObjectDisposedException>(() => Wire.ToBytes(reply));
        Assert.Equal(1, released);
    }

    [Fact]
    public void The_refusal_of_a_second_writing_reaches_the_caller() =>
        Assert.Equal("lost", Assert.IsType<ReplyLostException>(Wire.Travel<Exception>(new ReplyLostException("lost"))).Message);

    [Fact]
    public void A_received_reply_can_be_passed_on()
    {
        var received = Wire.Travel(Tensors.Reply(Tensors.Floats("y", 1, 2)));
        var passedOn = Wire.Travel(received);

        Tensors.AssertEqual([Tensors.Floats("y", 1, 2)], passedOn.Response!.Outputs);
        passedOn.Response.Dispose();
    }

    [Fact]
    public void Within_a_process_a_reply_is_passed_as_it_is()
    {
        var reply = Tensors.Reply(Tensors.Floats("y", 1));
        Assert.Same(reply, Wire.Copier.Copy(reply));
    }

    /// <summary>Memory that cannot be read any more.</summary>
    private sealed class Lost : System.Buffers.MemoryManager<byte>
    {
        public override Memory<byte> Memory => CreateMemory(10);

        public override Span<byte> GetSpan() => throw new ObjectDisposedException(nameof(Lost));

        public override System.Buffers.MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
