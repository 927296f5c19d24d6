using System.Text;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tensors;

namespace Krewe.Api.TensorJson;

/// <summary>Finds the error message after reading a tensor's data has failed.</summary>
internal static class TensorDataFault
{
    /// <summary>An array beyond the rank of the shape.</summary>
    public static KreweException TooDeep(ref JsonCursor cursor, scoped TensorSubject subject) =>
        cursor.Wrong($"{subject.Name}: data is nested deeper than shape {TensorShape.Format(subject.Shape)} allows");

    /// <summary>Another value in place of an array.</summary>
    public static KreweException TooShallow(ref JsonCursor cursor, scoped TensorLevel level, long elementsRead) =>
        cursor.WrongToken(
            $"{level.Subject.Name}: {level.Path(elementsRead, ofElement: false)}",
            $"an array, as nested data must follow shape {TensorShape.Format(level.Subject.Shape)}");

    /// <summary>An array that ends early, or is malformed.</summary>
    public static KreweException TooFew(ref JsonCursor cursor, scoped TensorLevel level, long found, long elementsRead)
    {
        if (cursor.Peek() != ']')
        {
            return cursor.SyntaxError($"expected ',' or ']' after an item of {level.Subject.Name}, got {cursor.Token()}");
        }

        // The path of the array, from its last element if it has any.
        var path = level.Path(found > 0 && elementsRead > 0 ? elementsRead - 1 : elementsRead, ofElement: false);
        return cursor.Wrong(level.IsFlat
            ? $"{level.Subject.Name}: shape {TensorShape.Format(level.Subject.Shape)} needs {Needed(level)} values, data has {found}"
            : $"{level.Subject.Name}: {path} has {found} items, shape {TensorShape.Format(level.Subject.Shape)} needs more");
    }

    /// <summary>An array that is too long, or malformed.</summary>
    public static KreweException TooMany(ref JsonCursor cursor, scoped TensorLevel level, long length, long elementsRead)
    {
        var next = cursor.Peek();
        if (next != ',' && (next is 0 or (byte)'}' or (byte)':' || length > 0))
        {
            return cursor.SyntaxError($"expected ',' or ']' after an item of {level.Subject.Name}, got {cursor.Token()}");
        }

        var path = level.Path(Math.Max(0, elementsRead - 1), ofElement: false);
        return cursor.Wrong(
            $"{level.Subject.Name}: {path} has more items than shape {TensorShape.Format(level.Subject.Shape)} allows ({length})");
    }

    /// <summary>An element that its type cannot hold.</summary>
    public static KreweException Element(ref JsonCursor cursor, scoped TensorLevel level, long elementsRead)
    {
        var type = level.Subject.Type;
        var what = $"{level.Subject.Name}: {level.Path(elementsRead, ofElement: true)}";
        var rest = cursor.Json[cursor.Position..];
        var length = JsonNumber.Length(rest);
        if (length == 0 || type is TensorType.Bytes or TensorType.Bool)
        {
            return cursor.WrongToken(what, Expected(type));
        }

        var number = rest[..length];
        var shown = ErrorText.Quote(Encoding.ASCII.GetString(number[..Math.Min(length, ErrorText.MaxQuoted + 1)]));
        return type is TensorType.Float32 or TensorType.Float64 || JsonNumber.IsInteger(number)
            ? cursor.Wrong($"{what} is {shown}, which is out of range for {type.WireName()}{Range(type)}")
            : cursor.Wrong($"{what} is {shown}, expected an integer for {type.WireName()}");
    }

    private static long Needed(scoped TensorLevel level) => TensorShape.TryCountElements(level.Subject.Shape, out var count) ? count : 0;

    private static string Expected(TensorType type) => type switch
    {
        TensorType.Bytes => "a string for BYTES",
        TensorType.Bool => "true, false, 1 or 0 for BOOL",
        TensorType.Float32 or TensorType.Float64 => $"a number (or NaN, Infinity, -Infinity, with or without quotes) for {type.WireName()}",
        _ => $"an integer for {type.WireName()}",
    };

    private static string Range(TensorType type) => type switch
    {
        TensorType.UInt8 => $" ({byte.MinValue} to {byte.MaxValue})",
        TensorType.UInt16 => $" ({ushort.MinValue} to {ushort.MaxValue})",
        TensorType.UInt32 => $" ({uint.MinValue} to {uint.MaxValue})",
        TensorType.UInt64 => $" ({ulong.MinValue} to {ulong.MaxValue})",
        TensorType.Int8 => $" ({sbyte.MinValue} to {sbyte.MaxValue})",
        TensorType.Int16 => $" ({short.MinValue} to {short.MaxValue})",
        TensorType.Int32 => $" ({int.MinValue} to {int.MaxValue})",
        TensorType.Int64 => $" ({long.MinValue} to {long.MaxValue})",
        _ => "",
    };
}
