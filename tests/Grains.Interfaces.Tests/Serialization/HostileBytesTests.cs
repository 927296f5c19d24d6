using System.Runtime.InteropServices;
using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Inference;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Grains.Interfaces.Tests.Serialization;

[Collection(Alone.Name)]
public sealed class HostileBytesTests
{
    /// <summary>Data of a size that nothing else here rents, so that what was not given back shows.</summary>
    private const int DataLength = 20_000;

    public static TheoryData<string> Messages => ["request", "reply"];

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_cut_off_anywhere_is_refused_and_its_memory_given_back(string kind)
    {
        var bytes = Bytes(kind);
        var kept = RentedAddress();
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.True(Fails(kind, bytes.AsSpan(0, length)), $"{length} of {bytes.Length} bytes were read");
            Assert.Equal(kept, RentedAddress());
        }
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_changed_message_is_read_or_refused_at_a_small_cost(string kind)
    {
        var bytes = Bytes(kind);
        var random = Replay.Random();
        for (var round = 0; round < 20_000; round++)
        {
            var changed = (byte[])bytes.Clone();
            for (var change = random.Next(4); change >= 0; change--)
            {
                // Where headers are, not within the data.
                var place = random.Next(300);
                changed[place < 150 ? place : changed.Length - (place - 149)] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)0xff;
            }

            var before = GC.GetAllocatedBytesForCurrentThread();
            Fails(kind, changed);

            // Data that a change makes part of a field header's type name is parsed as one by Orleans: 65 bytes for each were seen.
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000 + (100 * bytes.Length));
        }
    }

    [Fact]
    public void Objects_within_objects_without_end_are_refused()
    {
        var bytes = Wire.Serializer.SerializeToArray(Tensors.Request());
        byte[] deep = [.. bytes.AsSpan(0, bytes.Length - 1), .. Enumerable.Repeat((byte)0x26, 2_000_000)];

        Assert.Throws<InsufficientExecutionStackException>(() => Wire.Serializer.Deserialize<InferenceRequest>(deep));
    }

    private static byte[] Bytes(string kind)
    {
        var tensors = new[] { Tensors.Owned("x", DataLength), Tensors.Strings("s", "a", "bc") };
        return kind == "request"
            ? Wire.Serializer.SerializeToArray(Tensors.Request(tensors))
            : Wire.Serializer.SerializeToArray(Tensors.Reply(tensors));
    }

    private static bool Fails(string kind, ReadOnlySpan<byte> bytes)
    {
        try
        {
            if (kind == "request")
            {
                Wire.Serializer.Deserialize<InferenceRequest>(bytes)?.Dispose();
            }
            else
            {
                Wire.Serializer.Deserialize<ReplicaReply>(bytes)?.Response?.Dispose();
            }

            return false;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException and not NullReferenceException)
        {
            return true;
        }
    }

    private static nint RentedAddress()
    {
        using var buffer = PooledBuffer.Rent(DataLength);
        MemoryMarshal.TryGetArray<byte>(buffer.Memory, out var array);
        return Marshal.UnsafeAddrOfPinnedArrayElement(array.Array!, 0);
    }
}
