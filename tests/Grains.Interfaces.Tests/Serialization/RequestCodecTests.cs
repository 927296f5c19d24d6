using System.Net;
using System.Runtime.InteropServices;
using FsCheck.Fluent;
using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Grains.Interfaces.Serialization.Messages;

namespace Krewe.Grains.Interfaces.Tests.Serialization;

public sealed class RequestCodecTests
{
    public static TheoryData<TensorType> Types => [.. Enum.GetValues<TensorType>()];

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_tensor_type_travels(TensorType type) =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var inputs = Enumerable.Range(0, random.Next(5)).Select(index => Tensors.Random(random, $"x{index}", type)).ToArray();
            using var received = Wire.Travel(Tensors.Request(inputs));
            Tensors.AssertEqual(inputs, received.Inputs);
        }).Hold(300);

    [Fact]
    public void All_that_a_request_says_travels()
    {
        using var request = new InferenceRequest
        {
            Model = ModelReference.Parse("digits", "stable"),
            Id = "mark ü",
            Inputs = [Tensors.Floats("a", 1, 2.5f), Tensors.Strings("b", "é", ""), Tensor.Create("", TensorType.Int64, [], new byte[8])],
            RequestedOutputs = ["y", "", "z"],
            Timeout = TimeSpan.FromTicks(123_456_789),
            IsBackground = true,
            Beside = new ModelVersion(7),
            Caller = IPAddress.Parse("2001:db8::7"),
            Owner = PooledBuffer.Rent(1),
        };

        using var received = Wire.Travel(request);

        Assert.Equal(request.Model, received.Model);
        Assert.Equal(request.Id, received.Id);
        Assert.Equal(request.RequestedOutputs, received.RequestedOutputs);
        Assert.Equal(request.Timeout, received.Timeout);
        Assert.True(received.IsBackground);
        Assert.Equal(new ModelVersion(7), received.Beside);
        Assert.Equal(request.Caller, received.Caller);
        Tensors.AssertEqual(request.Inputs, received.Inputs);
        Assert.NotSame(request.Owner, received.Owner);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("9223372036854775807")]
    [InlineData("stable")]
    public void What_is_left_out_stays_out(string? version)
    {
        using var received = Wire.Travel(new InferenceRequest { Model = ModelReference.Parse("m", version), Inputs = [] });

        Assert.Equal(ModelReference.Parse("m", version), received.Model);
        Assert.Null(received.Id);
        Assert.Empty(received.Inputs);
        Assert.Empty(received.RequestedOutputs);
        Assert.Equal(Timeout.InfiniteTimeSpan, received.Timeout);
        Assert.False(received.IsBackground);
        Assert.Null(received.Beside);
    }

    [Fact]
    public void Received_data_is_aligned_for_native_code()
    {
        using var received = Wire.Travel(Tensors.Request(Tensors.Strings("s", "abc"), Tensors.Floats("a", 1), Tensors.Floats("b", 2, 3)));

        foreach (var input in received.Inputs)
        {
            Assert.True(MemoryMarshal.TryGetArray(input.Data, out var array));
            var address = Marshal.UnsafeAddrOfPinnedArrayElement(array.Array!, array.Offset);
            Assert.Equal(0, address % PooledBuffer.Alignment);
        }
    }

    [Fact]
    public void A_request_can_be_sent_again_and_keeps_its_memory()
    {
        var released = 0;
        var request = Tensors.Request(Tensors.Owned("x", 600_000, () => released++));

        var first = Wire.ToBytes(request);
        var second = Wire.ToBytes(request);

        Assert.Equal(first, second);
        Assert.Equal(0, released);
        request.Dispose();
        Assert.Equal(1, released);
    }

    [Fact]
    public void A_request_whose_maker_has_let_go_is_not_sent()
    {
        var request = Tensors.Request(Tensors.Owned("x", 100));
        request.Dispose();

        Assert.Throws<ObjectDisposedException>(() => Wire.ToBytes(request));
    }

    [Fact]
    public void Within_a_process_a_request_is_passed_as_it_is_and_stays_its_makers()
    {
        var released = 0;
        using var request = Tensors.Request(Tensors.Owned("x", 100, () => released++));

        Assert.Same(request, Wire.Copier.Copy(request));
        ReceivedMemory.Release(request);
        Assert.Equal(0, released);
    }

    [Fact]
    public void What_follows_a_request_in_a_message_still_finds_what_it_refers_to()
    {
        var text = new string('a', 3);
        var (received, one, two) = Wire.Travel((Tensors.Request(Tensors.Floats("x", 1)), text, text));

        Assert.Equal("aaa", one);
        Assert.Same(one, two);
        received.Dispose();
    }
}
