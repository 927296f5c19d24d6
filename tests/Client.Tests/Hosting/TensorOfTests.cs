using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Tensors;
using Krewe.Client.Tests.Routing.Fakes;

namespace Krewe.Client.Tests.Hosting;

public sealed class TensorOfTests
{
    [Fact]
    public void Values_of_every_type_come_back_as_they_went_in()
    {
        Check(TensorType.Bool, true, false);
        Check<byte>(TensorType.UInt8, 0, 255);
        Check<ushort>(TensorType.UInt16, 0, ushort.MaxValue);
        Check<uint>(TensorType.UInt32, 0, uint.MaxValue);
        Check<ulong>(TensorType.UInt64, 0, ulong.MaxValue);
        Check<sbyte>(TensorType.Int8, -128, 127);
        Check(TensorType.Int16, short.MinValue, short.MaxValue);
        Check(TensorType.Int32, int.MinValue, int.MaxValue);
        Check(TensorType.Int64, long.MinValue, long.MaxValue);
        Check(TensorType.Float16, Half.MinValue, Half.MaxValue);
        Check(TensorType.Float32, float.MinValue, float.NaN);
        Check(TensorType.Float64, double.MinValue, double.Epsilon);

        static void Check<T>(TensorType type, T one, T other)
            where T : unmanaged
        {
            var tensor = TensorOf.Values("x", [2], one, other);
            Assert.Equal(type, tensor.Type);
            Assert.Equal([one, other], tensor.AsSpan<T>().ToArray());
        }
    }

    [Fact]
    public void Strings_come_back_as_they_went_in()
    {
        string[] texts = ["", "iris", "Zürich 🌷"];
        Assert.Equal(texts, TensorOf.Strings("s", [3], texts).ToStrings());
    }

    [Fact]
    public void What_does_not_fit_is_an_error_that_names_it()
    {
        Assert.Contains("needs 12 bytes", Assert.Throws<KreweException>(() => TensorOf.Values("x", [3], 1f, 2f)).Message);
        Assert.Throws<ArgumentException>(() => TensorOf.Values("x", [1], 'c'));
        Assert.Throws<InvalidOperationException>(() => { _ = TensorOf.Values("x", [1], 1f).AsSpan<double>(); });
        Assert.Throws<InvalidOperationException>(() => TensorOf.Values("x", [1], 1f).ToStrings());
        using var response = new InferenceResponse { Model = FakeSnapshots.Id("m", 1), Outputs = [TensorOf.Values("y", [1], 1f)] };
        Assert.Contains("its outputs are 'y'", Assert.Throws<KeyNotFoundException>(() => response["z"]).Message);
    }
}
