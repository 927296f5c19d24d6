using Krewe.Abstractions.Inference;
using Krewe.Grains.Interfaces.Replicas;
using Orleans.Serialization.Buffers;

namespace Krewe.Grains.Interfaces.Tests.Serialization;

/// <summary>What a message costs in managed memory, apart from the bytes on the wire.</summary>
[Collection(Alone.Name)]
public sealed class MessageCostTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(16)]
    [InlineData(602_112)]
    public void Sending_a_request_allocates_nothing_and_receiving_it_little_whatever_its_size(int length)
    {
        using var request = Tensors.Request(Tensors.Owned("x", length));
        var bytes = Wire.Serializer.SerializeToArray(request);
        var sent = Least(() => Write(request));
        var received = Least(() => Wire.Serializer.Deserialize<InferenceRequest>(bytes)!.Dispose());

        output.WriteLine($"{length} bytes: {sent} to send, {received} to receive");
        Assert.InRange(sent, 0, 128);
        Assert.InRange(received, 0, 640);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(602_112)]
    public void Sending_a_reply_allocates_nothing_and_receiving_it_little_whatever_its_size(int length)
    {
        var bytes = Wire.Serializer.SerializeToArray(Tensors.Reply(Tensors.Owned("y", length)));
        var replies = new Queue<ReplicaReply>(Enumerable.Range(0, Rounds).Select(_ => Tensors.Reply(Tensors.Owned("y", length))));
        var sent = Least(() => Write(replies.Dequeue()));
        var received = Least(() => Wire.Serializer.Deserialize<ReplicaReply>(bytes)!.Response!.Dispose());

        output.WriteLine($"{length} bytes: {sent} to send, {received} to receive");
        Assert.InRange(sent, 0, 128);
        Assert.InRange(received, 0, 704);
    }

    private const int Rounds = 50;

    private static void Write<T>(T value)
    {
        using var session = Wire.Sessions.GetSession();
        var writer = Writer.CreatePooled(session);
        Wire.Serializer.Serialize(value, ref writer);
        writer.Dispose();
    }

    private static long Least(Action action)
    {
        var least = long.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
