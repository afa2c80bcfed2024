import { Refused } from '../../domain/failures.ts'
import { money } from '../../domain/money.ts'
import type { Course, Courses, Person, Users } from '../ports.ts'
import type { GrpcClient } from './client.ts'
import { CourseServiceService, type Course as CourseMessage } from './generated/course_service.ts'
import { UserServiceService, type User } from './generated/user_service.ts'

/** The users port over gRPC (O-03). */
export function grpcUsers(client: GrpcClient): Users {
  return { user: (id) => orNull(client.call(UserServiceService.getUser, { userId: id }, personOf)) }
}

/** The courses port over gRPC (O-03). */
export function grpcCourses(client: GrpcClient): Courses {
  return { course: (id) => orNull(client.call(CourseServiceService.getCourse, { courseId: id }, courseOf)) }
}

function personOf({ id, name, email, phone }: User): Person {
  return { id, name: name ?? null, email: email ?? null, phone: phone ?? null }
}

function courseOf({ id, title, price, isPublished }: CourseMessage): Course {
  if (price === undefined) throw new Error('answered a course without a price')
  return { id, title, price: money(price.amount, price.currency), onSale: isPublished }
}

async function orNull<Entry>(entry: Promise<Entry>): Promise<Entry | null> {
  try {
    return await entry
  } catch (error) {
    if (error instanceof Refused && error.code === 'not_found') return null
    throw error
  }
}
